"""{{ account.quality|quality_words }}: see campaigns.words."""

from django import template

from campaigns import words

register = template.Library()
register.filter("quality_words", words.quality)
register.filter("status_words", words.provider_status)
register.filter("template_state", words.template_state)
register.filter("category_words", words.category)
register.filter("rejection_words", words.rejection)
register.filter("limit_words", words.limit)
register.filter("problem_words", words.problem)
register.filter("reason_words", words.reason)
