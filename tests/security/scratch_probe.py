import time
from django.contrib.auth.hashers import make_password
from tests import factories
def test_a():
    for h in ("pbkdf2_sha256","argon2"):
        t=time.monotonic(); make_password("x"*20, hasher=h); print(h, time.monotonic()-t)
def test_b(db):
    for i in range(2):
        t=time.monotonic(); 
        from django.db import transaction
        with transaction.atomic():
            factories.make_cast(); print("cast", time.monotonic()-t)
            transaction.set_rollback(True)
    import cProfile,pstats
    p=cProfile.Profile(); p.enable(); factories.make_cast(); p.disable(); pstats.Stats(p).sort_stats('cumtime').print_stats(18)
