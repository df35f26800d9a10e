"""Who was asked, and what was answered: kept apart, so that the link can be cut."""

import uuid
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from competencies.models import Competency, Employee, Indicator
from evaluations.models.appraisals import Appraisal, SupervisorPart

if TYPE_CHECKING:
    from gayungan_asn.accounts.models import User


class Relation(models.TextChoices):
    SELF = "self", _("Penilaian mandiri")
    SUPERVISOR = "supervisor", _("Atasan langsung")
    PEER = "peer", _("Rekan kerja")
    SUBORDINATE = "subordinate", _("Bawahan")


class FeedbackPhrase(models.Model):
    """A set phrase a peer may choose: free text would betray its author by style."""

    class Kind(models.TextChoices):
        STRENGTH = "strength", _("Kekuatan")
        SUGGESTION = "suggestion", _("Saran")

    code = models.CharField(max_length=30, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.CharField(max_length=160)
    display_order = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("ungkapan")
        ordering = ["kind", "display_order"]

    def __str__(self) -> str:
        return self.text


class ResponseQuerySet(models.QuerySet):
    """Answers. There is no `visible_to`: nobody but their author reads one."""


class Response(models.Model):
    """One set of ratings about a person. It names no rater and no time.

    The random key gives no order. For peers and subordinates the only way to the
    author is `FeedbackRequest.response`, which is cut a day after the window closed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    appraisal = models.ForeignKey(Appraisal, on_delete=models.CASCADE, related_name="responses")
    relation = models.CharField(max_length=12, choices=Relation)
    part = models.OneToOneField(
        SupervisorPart, on_delete=models.CASCADE, null=True, blank=True, related_name="response"
    )
    is_submitted = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    strength = models.ForeignKey(
        FeedbackPhrase, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    suggestion = models.ForeignKey(
        FeedbackPhrase, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ResponseQuerySet.as_manager()

    class Meta:
        verbose_name = _("jawaban")
        constraints = [
            models.UniqueConstraint(
                fields=["appraisal"], condition=Q(relation="self"), name="response_one_self_rating"
            ),
            models.CheckConstraint(
                condition=Q(relation="supervisor", part__isnull=False)
                | (~Q(relation="supervisor") & Q(part__isnull=True)),
                name="response_supervisor_has_part",
            ),
        ]
        indexes = [models.Index(fields=["appraisal", "relation"])]

    def __str__(self) -> str:
        return str(self.get_relation_display())


class Rating(models.Model):
    """The level chosen for one competency; "tidak tahu" leaves no row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="ratings")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField()
    reason = models.TextField(max_length=1000, blank=True)
    unseen = models.ManyToManyField(Indicator, related_name="+", blank=True)

    class Meta:
        verbose_name = _("nilai")
        constraints = [
            models.UniqueConstraint(fields=["response", "competency"], name="rating_once"),
            models.CheckConstraint(
                condition=Q(level__gte=0, level__lte=5), name="rating_level_0_to_5"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.competency_id}: {self.level}"


class FeedbackRequestQuerySet(models.QuerySet):
    """Requests, through the one door."""

    def visible_to(self, user: "User") -> "FeedbackRequestQuerySet":
        """Only those put to oneself. HR sees states through a selector, by day."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(rater__user=user)


class FeedbackRequest(models.Model):
    """Somebody was asked to rate a person in a relation.

    `answered_on` is a day, never a moment. `response` is the only link between an
    answer and its author; the database forgets it a day after the window closed.
    """

    class State(models.TextChoices):
        INVITED = "invited", _("Diminta")
        ANSWERED = "answered", _("Sudah mengisi")
        EXPIRED = "expired", _("Tidak mengisi")
        WITHDRAWN = "withdrawn", _("Ditarik")

    appraisal = models.ForeignKey(Appraisal, on_delete=models.CASCADE, related_name="requests")
    rater = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="feedback_requests")
    relation = models.CharField(max_length=12, choices=Relation)
    state = models.CharField(max_length=10, choices=State, default=State.INVITED)
    answered_on = models.DateField(null=True, blank=True)
    response = models.OneToOneField(
        Response, on_delete=models.SET_NULL, null=True, blank=True, related_name="request"
    )

    objects = FeedbackRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("permintaan penilaian rekan kerja")
        constraints = [
            models.UniqueConstraint(
                fields=["appraisal", "rater", "relation"], name="feedback_request_once"
            ),
            models.CheckConstraint(
                condition=Q(relation__in=["peer", "subordinate"]),
                name="feedback_request_of_others_only",
            ),
        ]
        indexes = [models.Index(fields=["rater", "state"])]

    def __str__(self) -> str:
        return f"{self.appraisal} · {self.get_relation_display()}"
