"""Addresses of offers."""

from __future__ import annotations

from django.urls import path, register_converter

from wherry.web.offers import agree_views, call_views, choice_views, earlier_views, letter_views, views
from wherry.web.waiting.keys import KeyConverter


class OfferNumber:
    """A number of at most nine digits: a longer one is nobody's."""

    regex = "[0-9]{1,9}"

    def to_python(self, value: str) -> int:
        """The number."""
        return int(value)

    def to_url(self, value: int) -> str:
        """The segment."""
        return str(value)


register_converter(KeyConverter, "offerpathway")
register_converter(OfferNumber, "offernumber")

app_name = "offers"
urlpatterns = [
    path("", views.worklist, name="worklist"),
    path("<offernumber:offer_id>/", views.offer, name="offer"),
    path("<offernumber:offer_id>/make/", views.make, name="make"),
    path("<offernumber:offer_id>/withdraw/", views.withdraw, name="withdraw"),
    path("<offernumber:offer_id>/correct/", views.correct, name="correct"),
    path("<offernumber:offer_id>/letter/", letter_views.letter, name="letter"),
    path("<offernumber:offer_id>/transfer/", letter_views.transfer, name="transfer"),
    path("<offernumber:offer_id>/receive/", letter_views.receive, name="receive"),
    path("<offernumber:offer_id>/data-set/", letter_views.data_set, name="data_set"),
    path("<offernumber:offer_id>/data-set.json", letter_views.data_set_file, name="data_set_file"),
    path("to-agree/", agree_views.queue, name="agree_queue"),
    path("to-agree/together/", agree_views.several, name="agree_several"),
    path("to-agree/<offernumber:offer_id>/", agree_views.one, name="agree_one"),
    path("to-agree/<offernumber:offer_id>/decide/", agree_views.decide, name="agree_decide"),
    path("calls/", call_views.queue, name="calls"),
    path("calls/<offernumber:offer_id>/", call_views.call, name="call"),
    path("calls/<offernumber:offer_id>/record/", call_views.record, name="call_record"),
    path("invitations/<offernumber:invitation_id>/", call_views.invitation, name="invitation"),
    path("invitations/<offernumber:invitation_id>/answer/", call_views.invitation_answer, name="invitation_answer"),
    path("invitations/<offernumber:invitation_id>/letter/", letter_views.invitation_letter, name="invitation_letter"),
    path("invitations/<offernumber:invitation_id>/close/", earlier_views.close_invitation, name="invitation_close"),
    path("may-ask-to-move/", earlier_views.long_waits, name="long_waits"),
    path("may-ask-to-move/invite/", earlier_views.invite, name="invite"),
    path("may-ask-to-move/propose/<offerpathway:key>/", earlier_views.by_hand, name="by_hand"),
    path("choices/", choice_views.page, name="choices"),
    path("choices/choices.csv", choice_views.export, name="choices_csv"),
]
