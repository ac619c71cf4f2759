"""`{{ letter.reason|reason_in_words }}`, `{{ notice.topic|topic_in_words }}`: see webhooks.words; `{{ notice|notice_in_words }}`: notice_words."""

from django import template

from webhooks.notice_words import notice_in_words
from webhooks.words import reason_in_words, topic_in_words

register = template.Library()
register.filter(notice_in_words)
register.filter(reason_in_words)
register.filter(topic_in_words)
