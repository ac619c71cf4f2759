"""`{{ letter.reason|reason_in_words }}`, `{{ notice.topic|topic_in_words }}`: see webhooks.words."""

from django import template

from webhooks.words import reason_in_words, topic_in_words

register = template.Library()
register.filter(reason_in_words)
register.filter(topic_in_words)
