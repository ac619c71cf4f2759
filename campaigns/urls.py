from django.urls import path

from campaigns.views import campaigns, portfolio

urlpatterns = [
    path("settings/clients/", portfolio.client_list, name="clients"),
    path("settings/clients/new/", portfolio.new_client, name="client-new"),
    path("settings/clients/<int:client_id>/", portfolio.client_page, name="client"),
    path("settings/clients/<int:client_id>/archive/", portfolio.archive_the_client, name="client-archive"),
    path("settings/clients/<int:client_id>/restore/", portfolio.restore_the_client, name="client-restore"),
    path("settings/clients/<int:client_id>/projects/", portfolio.new_project, name="project-new"),
    path("settings/clients/projects/<int:project_id>/", portfolio.project_page, name="project"),
    path("settings/clients/projects/<int:project_id>/archive/", portfolio.archive_the_project, name="project-archive"),
    path("settings/clients/projects/<int:project_id>/restore/", portfolio.restore_the_project, name="project-restore"),
    path("settings/campaigns/", campaigns.campaign_list, name="campaigns"),
    path("settings/campaigns/new/", campaigns.new_campaign, name="campaign-new"),
    path("settings/campaigns/<int:campaign_id>/", campaigns.campaign_page, name="campaign"),
    path("settings/campaigns/<int:campaign_id>/agents/", campaigns.agents, name="campaign-agents"),
    path("settings/campaigns/<int:campaign_id>/accounts/", campaigns.accounts, name="campaign-accounts"),
    path("settings/campaigns/<int:campaign_id>/typifications/", campaigns.outcomes, name="campaign-outcomes"),
    path("settings/campaigns/<int:campaign_id>/state/", campaigns.change_state, name="campaign-state"),
]
