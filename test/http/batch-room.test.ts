import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BatchRoom, type Place } from '../../src/http/batch/room.js';

let seconds = 0;
let room: BatchRoom;

beforeEach(() => {
  seconds = 1;
  vi.spyOn(performance, 'now').mockImplementation(() => seconds * 1000);
  room = new BatchRoom(1000);
});
afterEach(() => vi.restoreAllMocks());

const BUSY = expect.objectContaining({ code: 'STORE_BUSY' });

function enter(events: number): Place {
  const place = room.enter();
  place.take(events);
  return place;
}

/** Takes one event after the other, as a batch does, and tells how many found room. */
function takeOneByOne(place: Place, events: number): number {
  for (let taken = 0; taken < events; taken += 1) {
    try {
      place.take(1);
    } catch (error) {
      expect(error).toEqual(BUSY);
      return taken;
    }
  }
  return events;
}

describe('of batches that are on their way', () => {
  test('one that keeps sending has its room from those that began later', () => {
    const [first, second, third] = [enter(90), enter(90), enter(90)] as const;
    for (let step = 1; step < 10; step += 1) {
      seconds += 0.9;
      expect(takeOneByOne(first, 90)).toBe(90);
      for (const other of [second, third]) if (!other.signal.aborted) takeOneByOne(other, 90);
    }
    first.arrived();
    expect(first.events).toBe(900);
    expect(third.signal.reason).toEqual(BUSY);
    expect(room.events).toBe(first.events + second.events);
  });

  test('the last gives way first, and no more than have to', () => {
    const [first, second, third] = [enter(500), enter(200), enter(300)] as const;
    first.take(300);
    expect([second.events, third.events]).toEqual([200, 0]);
    expect(room.events).toBe(1000);
    expect(third.signal.reason).toEqual(BUSY);
    expect(() => third.take(1)).toThrow(BUSY);
  });

  test('one that has stalled gives way to all, also where it goes on in drops', () => {
    const [stalled, steady] = [enter(600), enter(300)] as const;
    seconds += 0.6;
    stalled.take(1);
    steady.take(60);
    expect(takeOneByOne(room.enter(), 100)).toBe(39);
    seconds += 0.6;
    expect(takeOneByOne(enter(1), 500)).toBe(500);
    expect([stalled.events, steady.events]).toEqual([0, 360]);
  });

  test('none gives way where that does not make enough room', () => {
    const waiting = enter(900);
    waiting.arrived();
    const stalled = enter(50);
    seconds += 60;
    expect(() => enter(101)).toThrow(BUSY);
    expect([waiting.events, stalled.events]).toEqual([900, 50]);
    expect(enter(100).events).toBe(100);
    expect(stalled.signal.reason).toEqual(BUSY);
  });

  test('one that is larger than the room is taken where it is alone, or the first', () => {
    const large = enter(1200);
    expect(() => enter(1)).toThrow(BUSY);
    large.leave();
    const [first, second] = [enter(600), enter(400)] as const;
    first.take(600);
    expect([first.events, second.events, room.events]).toEqual([1200, 0, 1200]);
  });
});
