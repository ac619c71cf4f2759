from django.urls import path

from campaigns.api import campaigns, exclusive, rules, views

ONE = "campaigns/<int:campaign_id>/"

urlpatterns = [
    path("templates/", views.Templates.as_view(), name="templates"),
    path(
        "contacts/<int:contact_id>/exclusive-agents/",
        exclusive.ExclusiveAgents.as_view(),
        name="contact-exclusive-agents",
    ),
    path(
        "contacts/<int:contact_id>/exclusive-agents/<int:campaign_id>/",
        exclusive.OneExclusiveAgent.as_view(),
        name="contact-exclusive-agent",
    ),
    path("channel-accounts/<int:account_id>/rules/", rules.AccountRules.as_view(), name="routing-rules"),
    path("channel-accounts/<int:account_id>/rule-order/", rules.AccountRuleOrder.as_view(), name="routing-rule-order"),
    path("channel-accounts/<int:account_id>/question/", rules.AccountQuestion.as_view(), name="account-question"),
    path("routing-rules/<int:route_id>/", rules.OneRule.as_view(), name="routing-rule"),
    path("campaigns/", campaigns.Campaigns.as_view(), name="campaigns"),
    path(ONE, campaigns.OneCampaign.as_view(), name="campaign"),
    path(f"{ONE}state/", campaigns.CampaignState.as_view(), name="campaign-state"),
    path(f"{ONE}copies/", campaigns.CampaignCopies.as_view(), name="campaign-copies"),
    path(f"{ONE}agents/", campaigns.CampaignAgents.as_view(), name="campaign-agents"),
    path(f"{ONE}accounts/", campaigns.CampaignAccounts.as_view(), name="campaign-accounts"),
    path(f"{ONE}typifications/", campaigns.CampaignOutcomes.as_view(), name="campaign-typifications"),
    path(f"{ONE}schedule/", campaigns.CampaignSchedule.as_view(), name="campaign-schedule"),
    path(f"{ONE}holidays/", campaigns.CampaignHolidays.as_view(), name="campaign-holidays"),
    path(f"{ONE}holidays/<int:holiday_id>/", campaigns.CampaignHoliday.as_view(), name="campaign-holiday"),
    path(f"{ONE}messages/", campaigns.CampaignMessages.as_view(), name="campaign-messages"),
    path(f"{ONE}bases/", campaigns.CampaignBases.as_view(), name="campaign-bases"),
]
