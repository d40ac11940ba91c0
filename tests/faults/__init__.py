"""Faults the desk survives, against real processes. Which file shows which fault:

====  ================================================================================
1     test_webhooks (five copies over HTTP), races/test_texts (their handling)
3     test_webhooks (texts), test_sends (receipts that never move a text backwards)
4     test_webhooks, races/test_texts
5     test_kills (web server killed under load, the carrier posts again)
6     test_kills (an offer nobody was told of)
7, 8  test_kills (worker and beat under load, beat alone), test_timers, test_sends
10    test_redis (an open desk hears again), test_timers
11    test_redis (texts and desks without Redis), test_timers
12    test_redis (frozen)
14    test_kills (PostgreSQL crashes under load)
20    test_sockets (lost and back)
21    test_sockets (silent beyond the grace), races/test_offers
23    test_sockets (two browsers), races/test_offers
24    races/test_offers (accept against lapse, reject, withdrawal, silence)
26    races/test_places (routers), races/test_storm (everything at once)
27    races/test_places (a limit lowered, an agent who leaves)
28    test_timers (clocks minutes off)
30    test_sends (busy, refused)
31    test_sends (time-out after accepting, a worker killed while sending)
32    test_sends (over HTTP), races/test_sends (in one instant)
33    test_sends (a receipt before the answer)
35    test_webhooks (ten megabytes, ten thousand fields, trickling bodies)
36    test_webhooks (bytes that are no text, missing fields)
====  ================================================================================

Each ends with ``invariants.sql``, and test_invariants shows that the script sees what is broken.
"""
