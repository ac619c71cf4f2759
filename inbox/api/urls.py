from django.urls import path

from inbox.api import attention, calls, finding, messages, moving, openings, ready_words, saved_views, views
from inbox.api.me import Me

urlpatterns = [
    path("me/", Me.as_view(), name="me"),
    path("conversations/", views.ConversationList.as_view(), name="conversations"),
    path("conversations/counts/", views.ConversationCounts.as_view(), name="conversation-counts"),
    path("conversations/<int:conversation_id>/", views.ConversationDetail.as_view(), name="conversation"),
    path("conversations/<int:conversation_id>/messages/", messages.Messages.as_view(), name="messages"),
    path(
        "conversations/<int:conversation_id>/messages/<int:message_id>/",
        messages.MessageDetail.as_view(),
        name="message",
    ),
    path(
        "conversations/<int:conversation_id>/messages/<int:message_id>/attempts/",
        messages.MessageAttempts.as_view(),
        name="message-attempts",
    ),
    path(
        "conversations/<int:conversation_id>/messages/<int:message_id>/resolution/",
        messages.MessageResolution.as_view(),
        name="message-resolution",
    ),
    path("search/", finding.Search.as_view(), name="search"),
    path("conversations/<int:conversation_id>/found/", finding.FoundInConversation.as_view(), name="found"),
    path("conversations/<int:conversation_id>/earlier/", finding.EarlierConversations.as_view(), name="earlier"),
    path("conversations/<int:conversation_id>/others/", finding.ConversationsOfContact.as_view(), name="others"),
    path("conversations/<int:conversation_id>/files/", finding.FilesOfContact.as_view(), name="files"),
    path("conversations/<int:conversation_id>/assignment/", views.AssignmentOf.as_view(), name="assignment"),
    path("conversations/<int:conversation_id>/tray/", moving.TrayOf.as_view(), name="tray"),
    path("conversations/<int:conversation_id>/closure/", views.ClosureOf.as_view(), name="closure"),
    path("conversations/<int:conversation_id>/transfer/", attention.TransferOf.as_view(), name="transfer"),
    path(
        "conversations/<int:conversation_id>/exclusive-agent/", attention.ExclusiveOf.as_view(), name="exclusive-agent"
    ),
    path("conversations/<int:conversation_id>/snooze/", attention.SnoozeOf.as_view(), name="snooze"),
    path("conversations/<int:conversation_id>/scheduled/", attention.ScheduledOf.as_view(), name="scheduled-messages"),
    path(
        "conversations/<int:conversation_id>/scheduled/<uuid:scheduled_uuid>/",
        attention.OneScheduled.as_view(),
        name="scheduled-message",
    ),
    path("offers/", attention.Offers.as_view(), name="offers"),
    path("offers/<int:offer_id>/answer/", attention.OfferAnswer.as_view(), name="offer-answer"),
    path("conversations/<int:conversation_id>/read/", views.ReadMark.as_view(), name="read-mark"),
    path("conversations/<int:conversation_id>/draft/", views.DraftOf.as_view(), name="draft"),
    path("conversations/<int:conversation_id>/shortcuts/", ready_words.ShortcutsOf.as_view(), name="shortcuts"),
    path("conversations/<int:conversation_id>/resources/", ready_words.ResourcesOf.as_view(), name="resources"),
    path(
        "conversations/<int:conversation_id>/resource-copies/",
        ready_words.ResourceCopies.as_view(),
        name="resource-copies",
    ),
    path("openings/", openings.Openings.as_view(), name="openings"),
    path("openings/resources/", openings.OpeningResources.as_view(), name="opening-resources"),
    path("openings/lookups/", openings.NumberLookups.as_view(), name="number-lookups"),
    path("contacts/<int:contact_id>/calls/", calls.CallsOfContact.as_view(), name="calls"),
    path("contacts/<int:contact_id>/interactions/", calls.InteractionsOfContact.as_view(), name="interactions"),
    path("calls/<uuid:call_uuid>/outcome/", calls.CallOutcomeOf.as_view(), name="call-outcome"),
    path("saved-views/", saved_views.SavedViews.as_view(), name="saved-views"),
    path("saved-views/order/", saved_views.SavedViewOrder.as_view(), name="saved-view-order"),
    path("saved-views/<int:view_id>/", saved_views.SavedViewDetail.as_view(), name="saved-view"),
    path("drafts/", views.Drafts.as_view(), name="drafts"),
    path("attachments/", views.Attachments.as_view(), name="attachments"),
    path("media/<uuid:attachment_id>/", views.MediaOf.as_view(), name="media"),
    path("media/<uuid:attachment_id>/attempts/", views.MediaAttempts.as_view(), name="media-attempts"),
]
