"""Tables of cycles, appraisals, feedback and results."""

from evaluations.models.appraisals import Appraisal, AppraisalCompetency, SupervisorPart
from evaluations.models.cycles import Cycle, LeftOut
from evaluations.models.feedback import FeedbackPhrase, FeedbackRequest, Rating, Response
from evaluations.models.outcomes import Objection, Outcome, OutcomeLevel

__all__ = [
    "Appraisal",
    "AppraisalCompetency",
    "Cycle",
    "FeedbackPhrase",
    "FeedbackRequest",
    "LeftOut",
    "Objection",
    "Outcome",
    "OutcomeLevel",
    "Rating",
    "Response",
    "SupervisorPart",
]
