"""The sign-in page; the library answers the other account pages."""

from typing import Any

from allauth.account.views import LoginView

from gayungan_asn.accounts.selectors import demonstration_accounts


class SignInView(LoginView):
    """The library's page with the accounts to try, where there are any."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the accounts of the demonstration and hides the link to this very page."""
        return super().get_context_data(
            demo_accounts=demonstration_accounts(), hide_sign_in=True, **kwargs
        )


sign_in = SignInView.as_view()
