from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_bc.auth.cache import TokenCache
from airflow_provider_bc.auth.client_authentication import ClientSecret
from airflow_provider_bc.auth.token import AccessToken
from airflow_provider_bc.delivery import Retries
from airflow_provider_bc.errors import AuthenticationError, Unavailable
from airflow_provider_bc.wire import Lost, Pause, Request, Response
from tests.peer import PATIENT, SECRET, HandClock, Peer, Script, grant, refusal, token

GRANT = grant()
LIFETIME = 3_600


def acquired(cache: TokenCache, *script: Script) -> str:
    """Acquire a token; every scripted sign-in must be used."""
    peer = Peer(*script)
    result = peer.converse(cache.acquire(GRANT, PATIENT))
    assert peer.unused == []
    assert [pause for pause in peer.pauses if pause.seconds] == []
    return result.bearer()


def stocked(clock: HandClock, **fields: Any) -> TokenCache:
    cache = TokenCache(clock)
    acquired(cache, token("old", expires_in=LIFETIME, **fields))
    return cache


def test_a_token_is_asked_for_once() -> None:
    cache = TokenCache(HandClock())

    assert acquired(cache, token("one")) == "Bearer one"
    assert acquired(cache) == "Bearer one"


def test_another_grant_has_another_token() -> None:
    cache = TokenCache(HandClock())
    acquired(cache, token("one"))
    peer = Peer(token("two"))

    other = peer.converse(
        cache.acquire(replace(GRANT, authentication=ClientSecret("other")), PATIENT)
    )

    assert other.bearer() == "Bearer two"
    assert repr(cache) == "TokenCache(2 tokens)"


@pytest.mark.parametrize(
    ("age", "renewed"),
    [
        (0, False),
        (LIFETIME - 301, False),
        (LIFETIME - 300, True),
        (LIFETIME - 30, True),
        (LIFETIME - 29, True),
        (LIFETIME + 1, True),
    ],
)
def test_a_token_is_renewed_from_five_minutes_before_its_end(age: float, renewed: bool) -> None:  # noqa: FBT001
    clock = HandClock()
    cache = stocked(clock)
    clock.now += age

    if renewed:
        assert acquired(cache, token("new")) == "Bearer new"
    else:
        assert acquired(cache) == "Bearer old"


def test_a_token_is_renewed_earlier_where_the_service_advises_it() -> None:
    clock = HandClock()
    cache = stocked(clock, refresh_in=LIFETIME / 2)
    clock.now += LIFETIME / 2

    assert acquired(cache, token("new")) == "Bearer new"


@pytest.mark.parametrize(
    "fault", [Lost("reset"), Response(500), Response(429), Response(504), refusal(7000222)]
)
def test_an_early_renewal_that_fails_keeps_the_old_token_at_the_cost_of_one_request(
    fault: Response | Lost,
) -> None:
    clock = HandClock()
    cache = stocked(clock)
    clock.now += LIFETIME - 200

    assert acquired(cache, fault) == "Bearer old"


def test_an_early_renewal_is_tried_again_after_half_a_minute() -> None:
    clock = HandClock()
    cache = stocked(clock)
    clock.now += LIFETIME - 200
    acquired(cache, Response(500))

    clock.now += 29
    assert acquired(cache) == "Bearer old"
    clock.now += 1
    assert acquired(cache, token("new")) == "Bearer new"


def test_a_renewal_that_must_be_is_not_put_off() -> None:
    clock = HandClock()
    cache = stocked(clock)
    clock.now += LIFETIME - 31
    acquired(cache, Response(500))
    clock.now += 2

    assert acquired(cache, token("new")) == "Bearer new"


def test_the_old_token_is_not_used_when_it_ran_out_during_the_renewal() -> None:
    clock = HandClock()
    cache = stocked(clock)
    clock.now += LIFETIME - 40

    def slow(_: Request) -> Lost:
        clock.now += 20
        return Lost("ReadTimeout")

    assert acquired(cache, slow, token("new")) == "Bearer new"


def test_a_token_that_was_refused_during_its_renewal_is_not_kept_when_that_fails() -> None:
    clock = HandClock()
    cache = TokenCache(clock)
    old = Peer(token("old", expires_in=LIFETIME)).converse(cache.acquire(GRANT, PATIENT))
    clock.now += LIFETIME - 200
    renewal, refused = (cache.acquire(GRANT, PATIENT) for _ in range(2))
    assert isinstance(next(renewal), Request)

    cache.forget(GRANT, old)
    assert isinstance(next(refused), Pause)

    assert isinstance(renewal.send(Lost("reset")), Request)
    with pytest.raises(StopIteration) as renewed:
        renewal.send(token("new"))
    with pytest.raises(StopIteration) as waited:
        refused.send(None)
    assert renewed.value.value.bearer() == waited.value.value.bearer() == "Bearer new"


def test_when_the_old_token_ran_out_the_sign_in_is_as_patient_as_any() -> None:
    clock = HandClock()
    cache = stocked(clock)
    clock.now += LIFETIME - 40

    def slow(_: Request) -> Lost:
        clock.now += 20
        return Lost("ReadTimeout")

    peer = Peer(slow, Response(503), Response(503), token("new"))
    assert peer.converse(cache.acquire(GRANT, PATIENT)).bearer() == "Bearer new"

    clock.now += LIFETIME - 40
    impatient = replace(PATIENT, attempts=1)
    peer = Peer(slow, Lost("reset"), Lost("reset"))
    with pytest.raises(Unavailable, match="after 2 attempts: reset"):
        peer.converse(cache.acquire(GRANT, impatient))
    assert peer.unused == []


def test_a_sign_in_that_must_be_is_patient() -> None:
    peer = Peer(Response(503), Lost("reset"), token())

    assert peer.converse(TokenCache().acquire(GRANT, PATIENT)).bearer() == "Bearer token-1"


def test_a_failed_sign_in_leaves_the_cache_ready_for_the_next() -> None:
    cache = TokenCache(HandClock())
    with pytest.raises(AuthenticationError):
        Peer(refusal(7000215)).converse(cache.acquire(GRANT, PATIENT))

    assert acquired(cache, token("one")) == "Bearer one"


def test_forget_drops_only_the_token_that_was_refused() -> None:
    clock = HandClock()
    cache = TokenCache(clock)
    first = Peer(token("one")).converse(cache.acquire(GRANT, PATIENT))
    cache.forget(GRANT, first)
    assert acquired(cache, token("two")) == "Bearer two"

    cache.forget(GRANT, first)

    assert acquired(cache) == "Bearer two"


def test_forget_does_not_mind_an_empty_cache() -> None:
    TokenCache().forget(GRANT, AccessToken("t", 0))


def test_who_comes_during_a_sign_in_waits_for_its_token() -> None:
    cache = TokenCache(HandClock())
    first, second = (cache.acquire(GRANT, PATIENT) for _ in range(2))

    assert isinstance(next(first), Request)
    assert isinstance(next(second), Pause)
    assert isinstance(second.send(None), Pause)
    with pytest.raises(StopIteration) as landed:
        first.send(token("one"))
    with pytest.raises(StopIteration) as waited:
        second.send(None)

    assert landed.value.value is waited.value.value


def test_who_waits_for_a_sign_in_that_never_lands_signs_in_after_a_minute() -> None:
    clock = HandClock()
    cache = TokenCache(clock)
    stuck, second, third = (cache.acquire(GRANT, PATIENT) for _ in range(3))
    next(stuck)
    for waiting in (second, third):
        assert isinstance(next(waiting), Pause)

    clock.now += 60
    assert isinstance(second.send(None), Pause)
    clock.now += 1
    assert isinstance(second.send(None), Request)
    assert isinstance(third.send(None), Pause)

    with pytest.raises(StopIteration) as landed:
        second.send(token("new"))
    stuck.close()
    with pytest.raises(StopIteration) as waited:
        third.send(None)
    assert landed.value.value is waited.value.value
    assert acquired(cache) == "Bearer new"


def test_a_sign_in_that_lands_late_does_not_end_the_one_that_replaced_it() -> None:
    clock = HandClock()
    cache = TokenCache(clock)
    late, second, third = (cache.acquire(GRANT, PATIENT) for _ in range(3))
    next(late)
    next(second)
    clock.now += 61
    assert isinstance(second.send(None), Request)

    late.close()

    assert isinstance(next(third), Pause)


def test_who_comes_during_an_early_renewal_uses_the_old_token() -> None:
    clock = HandClock()
    cache = stocked(clock)
    clock.now += LIFETIME - 200
    renewal = cache.acquire(GRANT, PATIENT)
    next(renewal)
    clock.now += 31

    assert acquired(cache) == "Bearer old"

    renewal.close()


def test_who_comes_during_a_renewal_that_must_be_does_not_use_the_old_token() -> None:
    clock = HandClock()
    cache = stocked(clock)
    clock.now += LIFETIME + 1
    renewal, other = (cache.acquire(GRANT, PATIENT) for _ in range(2))
    next(renewal)

    assert isinstance(next(other), Pause)

    with pytest.raises(StopIteration):
        renewal.send(token("new"))
    with pytest.raises(StopIteration) as waited:
        other.send(None)
    assert waited.value.value.bearer() == "Bearer new"


def test_a_failed_sign_in_reaches_everyone_who_waited_with_the_same_error() -> None:
    cache = TokenCache(HandClock())
    first, *others = (cache.acquire(GRANT, PATIENT) for _ in range(3))
    next(first)
    for other in others:
        next(other)

    with pytest.raises(AuthenticationError) as original:
        first.send(refusal(7000215))

    for other in others:
        with pytest.raises(AuthenticationError) as copied:
            other.send(None)
        assert copied.value is not original.value
        assert vars(copied.value) == vars(original.value)


def test_an_abandoned_sign_in_lets_go_and_the_next_in_line_signs_in() -> None:
    cache = TokenCache(HandClock())
    first, second = (cache.acquire(GRANT, PATIENT) for _ in range(2))
    next(first)
    next(second)

    first.close()

    assert isinstance(second.send(None), Request)
    with pytest.raises(StopIteration):
        second.send(token())
    assert acquired(cache) == "Bearer token-1"


def test_an_error_of_the_driver_within_a_sign_in_lets_go() -> None:
    cache = TokenCache(HandClock())
    first = cache.acquire(GRANT, PATIENT)
    next(first)

    with pytest.raises(KeyboardInterrupt):
        first.throw(KeyboardInterrupt())

    assert acquired(cache, token()) == "Bearer token-1"


class InterruptingClock(HandClock):
    """Lets another thread run once, at the moment when somebody looks at the clock."""

    meanwhile: Callable[[], object] | None = None

    def __call__(self) -> float:
        act, self.meanwhile = self.meanwhile, None
        if act:
            act()
        return self.now


def test_who_looked_just_before_a_token_landed_does_not_sign_in_again() -> None:
    clock = InterruptingClock()
    cache = stocked(clock)
    clock.now += LIFETIME + 1
    clock.meanwhile = lambda: acquired(cache, token("new"))

    assert acquired(cache) == "Bearer new"


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_cache_cannot_leave_its_process(duplicate: Any) -> None:
    with pytest.raises(TypeError, match="not pickled"):
        duplicate(TokenCache())


def test_neither_token_nor_secret_is_in_a_text_of_the_cache() -> None:
    cache = TokenCache(HandClock())
    acquired(cache, token("secret-token"))

    assert SECRET not in f"{cache!r} {vars(cache)}"
    assert "secret-token" not in f"{cache!r} {vars(cache)}"


def test_the_default_clock_only_grows() -> None:
    cache = TokenCache()
    assert Peer(token()).converse(cache.acquire(GRANT, Retries())).expires_at > 0
    assert Peer().converse(cache.acquire(GRANT, Retries())).bearer() == "Bearer token-1"
