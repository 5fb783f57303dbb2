from django import forms

from decisions.forms import ReportForm
from decisions.views import WorkflowViews
from tests.thanks.workflow import THANKS


class MessageForm(ReportForm):
    message = forms.CharField(widget=forms.Textarea)


class ThanksViews(WorkflowViews):
    workflow = THANKS
    form = MessageForm
