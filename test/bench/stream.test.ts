import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ContactStream, DENSE_DAYS, STREAM_DAYS } from '../../src/bench/load/contact-stream.js';
import { pathsOf, RANGE_DAYS, randomRange } from '../../src/bench/measures/questions.js';
import { orderOf } from '../../src/bench/measures/rounds.js';
import { planOf, sizesUpTo } from '../../src/bench/plan.js';
import { QUESTIONS } from '../../src/bench/report/results.js';
import type { ContactEvent } from '../../src/domain/contact.js';
import { DAY, MINUTE } from '../../src/domain/time.js';
import { readRange } from '../../src/domain/zone.js';

const END = Date.UTC(2026, 0, 1) * 1000;

describe('the made-up archive', () => {
  const events = drain(new ContactStream(20_000, END), 777);

  test('is in time order, with ids of its own', () => {
    for (let i = 1; i < events.length; i += 1)
      expect(events[i]!.at).toBeGreaterThanOrEqual(events[i - 1]!.at);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, i) => i));
    expect(events.every(({ at }) => Number.isSafeInteger(at))).toBe(true);
  });

  test('has as many contacts as asked for, half of them in the last 90 days', () => {
    const initials = events.filter(({ kind }) => kind === 'initial');
    expect(initials).toHaveLength(20_000);
    expect(new Set(initials.map(({ uuid }) => uuid)).size).toBe(20_000);
    const dense = initials.filter(({ at }) => at >= END - DENSE_DAYS * DAY);
    expect(dense).toHaveLength(10_000);
    expect(initials[0]!.at).toBeGreaterThanOrEqual(END - STREAM_DAYS * DAY);
    expect(initials.at(-1)!.at).toBeLessThan(END);
  });

  test('follows up one in eight, each once and after its initial', () => {
    const initialAt = new Map(
      events.flatMap(({ kind, uuid, at }) => (kind === 'initial' ? [[uuid, at]] : [])),
    );
    const followups = events.filter(({ kind }) => kind === 'followup');
    expect(new Set(followups.map(({ uuid }) => uuid)).size).toBe(followups.length);
    for (const { uuid, at } of followups) expect(at).toBe(initialAt.get(uuid)! + 5 * MINUTE);
    expect(followups.length / 20_000).toBeCloseTo(0.125, 1);
  });
});

describe('the ranges that are asked for', () => {
  test('begin and end at a minute, within the ten years or next to them', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(RANGE_DAYS)),
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        fc.boolean(),
        (days, drawn, dense) => {
          const draws = [dense ? 0.1 : 0.9, drawn];
          const { lower, upper } = randomRange(days, END, () => draws.shift()!);
          expect(upper - lower).toBe(days * DAY);
          expect(lower % MINUTE).toBe(0);
          expect(upper).toBeLessThanOrEqual(END);
          if (days < STREAM_DAYS) expect(lower).toBeGreaterThanOrEqual(END - STREAM_DAYS * DAY);
          if (dense) expect(upper).toBeGreaterThanOrEqual(END - DENSE_DAYS * DAY);
        },
      ),
    );
  });

  test('are paths that the dashboard reads', () => {
    for (const question of QUESTIONS) {
      for (const path of pathsOf(question, END, Math.random, 20)) {
        const [, lower, upper] = /^\/dashboard\/range\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
        if (question === 'symbol') expect(path).toBe('/dashboard/symbol/e');
        else expect(readRange(lower!, upper!)).toMatchObject({ ok: true });
      }
    }
  });
});

test('in every round all take their turns, and each follows each of its neighbours', () => {
  expect(orderOf(0, 4)).toEqual([0, 1, 2, 3]);
  expect(orderOf(1, 4)).toEqual([3, 2, 1, 0]);
  expect(orderOf(2, 4)).toEqual([1, 2, 3, 0]);
  for (let round = 0; round < 20; round += 1) expect(orderOf(round, 5).toSorted()).toEqual([0, 1, 2, 3, 4]);
});

describe('the plan', () => {
  test('grows by ten, up to and with what is asked for', () => {
    expect(sizesUpTo(50_000_000)).toEqual([10_000, 100_000, 1_000_000, 10_000_000, 50_000_000]);
    expect(sizesUpTo(1_000_000)).toEqual([10_000, 100_000, 1_000_000]);
    expect(sizesUpTo(5000)).toEqual([5000]);
  });

  test('stays within its time with more stores, and is shorter when it has to be quick', () => {
    const options = {
      quick: false,
      growTo: undefined,
      rounds: undefined,
      minutes: undefined,
      targets: 4,
      stores: 1,
    };
    const [few, many, quick] = [
      planOf(options),
      planOf({ ...options, targets: 12, stores: 9 }),
      planOf({ ...options, quick: true }),
    ];
    expect(many.sliceSeconds).toBeLessThan(few.sliceSeconds);
    expect(many.engineSeconds).toBeLessThan(few.engineSeconds);
    for (const plan of [few, many]) {
      expect(plan.rounds * plan.connections.length).toBe(15);
      const [targets] = plan === few ? [4] : [12];
      expect(plan.sliceSeconds * 15 * targets!).toBeLessThanOrEqual(270);
    }
    expect(quick.sliceSeconds).toBeLessThan(few.sliceSeconds / 2);
    expect(quick.growthSizes.at(-1)).toBeLessThan(100_000);
    expect(planOf({ ...options, rounds: 9, minutes: 3, growTo: 50_000_000 })).toMatchObject({
      rounds: 9,
      soakMinutes: 3,
    });
  });
});

function drain(stream: ContactStream, batch: number): ContactEvent[] {
  const events: ContactEvent[] = [];
  for (;;) {
    const some = stream.take(batch);
    if (some.length === 0) return events;
    events.push(...some);
  }
}
