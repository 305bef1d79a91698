import { describe, expect, it } from 'vitest'
import { judgeLists } from '../../../src/workloads/list-append/judge-lists.ts'
import { createListBook } from '../../../src/workloads/list-append/list-book.ts'
import { findingsOf } from '../../../src/workloads/list-append/words.ts'
import { A, appended, B, C, D, E, type History, judge, leaderRead, replicaRead, wrongIn } from './fixture.ts'

/** Three appends, one after the other. */
const three = [appended([A], { at: 0 }), appended([A, B], { at: 10 }), appended([A, B, C], { at: 20 })]

describe('a legal history passes', () => {
  const legal: Readonly<Record<string, History>> = {
    'of appends and reads on leader and replica': {
      answers: [...three, leaderRead([A, B, C], { at: 30 }), replicaRead([A, B, C], { at: 30 })],
      final: [[A, B, C]],
    },
    'in which a replica is behind, and goes back': {
      answers: [...three, replicaRead([A, B], { at: 30 }), replicaRead([A], { at: 40 }), replicaRead([], { at: 50 })],
      final: [[A, B, C]],
    },
    'in which a replica shows what the leader has not answered yet': {
      answers: [appended([A], { at: 0 }), replicaRead([A, B], { at: 10 }), appended([A, B], { at: 9 })],
      final: [[A, B]],
    },
    'in which a replica shows a commit sooner than its leader, and the leader is asked in between': {
      answers: [appended([A], { at: 0 }), replicaRead([A, B], { at: 10 }), leaderRead([A], { at: 20 })],
      not: { [B]: 'unknown' },
      final: [[A, B]],
    },
    'in which an append without an answer was done': {
      answers: [...three, appended([A, B, C, D, E], { at: 40 })],
      not: { [D]: 'unknown' },
      final: [[A, B, C, D, E]],
    },
    'in which an append without an answer was not done': {
      answers: [...three, appended([A, B, C, E], { at: 40 })],
      not: { [D]: 'unknown' },
      final: [[A, B, C, E]],
    },
    'in which an append was still under way': {
      answers: [...three, leaderRead([A, B, C, D], { at: 40 })],
      not: { [D]: 'unanswered' },
      final: [[A, B, C, D]],
    },
    'in which two answers overlap in time, and the later one shows less': {
      answers: [appended([A, B], { at: 10 }), leaderRead([A], { at: 11 })],
      final: [[A, B]],
    },
    'in which a commit waits on the leader that a replica shows': {
      answers: [appended([A], { at: 0 }), replicaRead([A, B], { at: 10 })],
      not: { [B]: 'unknown' },
      final: [[A]],
      waiting: [B],
    },
    'in which a replica shows a commit that waits on the leader, and whose client waits too': {
      answers: [appended([A], { at: 0 }), replicaRead([A, B], { at: 10 })],
      not: { [B]: 'unanswered' },
      final: [[A]],
    },
    'of several lists': {
      answers: [appended([A], { at: 0 }), appended([2], { at: 1, list: 1 }), appended([2, 18], { at: 4, list: 1 })],
      final: [[A], [2, 18]],
    },
  }

  it.each(Object.entries(legal))('%s', (_, history) => {
    const found = judge(history)
    expect(found.checks).toMatchObject([{ name: 'lists', verdict: 'pass' }])
    expect(wrongIn(found)).toEqual({})
  })
})

describe('a violation is found', () => {
  it('an element that was shown and is lost', () => {
    const found = judge({ answers: three, final: [[A, B]] })
    expect(wrongIn(found)).toEqual({ lists_not_kept: 1, vanished_elements: 1 })
    expect(found.checks.map(({ verdict }) => verdict)).toEqual(['fail', 'fail'])
    // What was acknowledged is lost: who expects that has spoken of what was shown of it too.
    expect(found.checks.map(({ figures }) => figures)).toEqual([
      ['lists_not_kept', 'lost_writes'],
      ['vanished_elements', 'lost_writes'],
    ])
    expect(found.checks[0]?.evidence).toEqual([C])
  })

  it('an element that nobody had acknowledged, that was shown and is gone: no acknowledged write is lost', () => {
    const found = judge({
      answers: [...three, replicaRead([A, B, C, D], { at: 30 })],
      not: { [D]: 'unknown' },
      final: [[A, B, C]],
    })
    expect(wrongIn(found)).toEqual({ lists_not_kept: 1, vanished_elements: 1 })
    expect(found.checks.map(({ figures }) => figures)).toEqual([['lists_not_kept'], ['vanished_elements']])
  })

  it('an element that stood twice in an answer, though it is there once in the end', () => {
    const found = judge({ answers: [...three, leaderRead([A, B, C, A], { at: 30 })], final: [[A, B, C]] })
    expect(wrongIn(found)).toMatchObject({ repeated_elements: 1, lists_not_kept: 1 })
    expect(found.examples.join(' ')).toContain(`p1 showed list 0 with ${A} twice at 00:00.0.`)
  })

  it.each(['failed', 'dropped'] as const)('a read of what was %s', (outcome) => {
    const answers = [...three, replicaRead([A, B, C, D], { at: 30 })]
    const found = judge({ answers, not: { [D]: outcome }, final: [[A, B, C]] })
    expect(wrongIn(found)).toMatchObject({ aborted_elements: 1 })
    // It is so even when it is there in the end: then the audit of the rows finds it too.
    expect(wrongIn(judge({ answers, not: { [D]: outcome }, final: [[A, B, C, D]] }))).toEqual({ aborted_elements: 1 })
  })

  it('a read of what nobody made, or of what stands in another list', () => {
    expect(wrongIn(judge({ answers: [leaderRead([A, 1_601], { at: 0 })], final: [[A]] }))).toEqual({
      aborted_elements: 1,
    })
    expect(wrongIn(judge({ answers: [leaderRead([A, 2], { at: 0 })], final: [[A], [2]] }))).toEqual({
      lists_not_kept: 1,
    })
  })

  it('a fork that healed: another leader went on from an earlier state, and what it had taken is nowhere in the end', () => {
    const found = judge({
      answers: [
        ...three,
        appended([A, B, D], { at: 30, server: 'p2' }),
        appended([A, B, C, E], { at: 31 }),
        leaderRead([A, B, D], { at: 40, server: 'p2' }),
      ],
      not: { [D]: 'unknown' },
      final: [[A, B, C, E]],
    })
    expect(wrongIn(found)).toMatchObject({ forked_lists: 1, lists_not_kept: 1, vanished_elements: 1 })
    expect(found.examples[0]).toBe(
      `List 0 was shown in two ways after its first 2 elements: with ${C} next, first by p1 at 00:00.0, and with ${D} next, first by p2 at 00:00.0.`,
    )
  })

  it('a fork of which both sides are there in the end is no part of a loss', () => {
    const answers = [...three, appended([A, B, D], { at: 30, server: 'p2' })]
    const fork = judge({ answers, final: [[A, B, C, D]] }).checks.find(({ figures }) =>
      figures.includes('forked_lists'),
    )
    expect(fork).toMatchObject({ verdict: 'fail', figures: ['forked_lists'] })
    // Nor is it where something else is lost.
    const lossy = judge({ answers: [...answers, appended([2], { at: 40, list: 1 })], final: [[A, B, C, D], []] })
    expect(lossy.checks.map(({ figures }) => figures)).toContainEqual(['forked_lists'])
  })

  it('a list that is not the beginning of the final one: an append was taken in between', () => {
    const found = judge({ answers: three, final: [[A, D, B, C]] })
    expect(wrongIn(found)).toEqual({ lists_not_kept: 1 })
    expect(found.checks).toMatchObject([{ verdict: 'fail', figures: ['lists_not_kept'], evidence: [B] }])
  })

  it('a lost update: of two appends each shows itself alone', () => {
    const found = judge({ answers: [appended([A], { at: 0 }), appended([B], { at: 10 })], final: [[B]] })
    expect(wrongIn(found)).toMatchObject({ forked_lists: 1, lists_not_kept: 1, vanished_elements: 1 })
  })

  it('a leader that answers with less than a leader had shown before it was asked', () => {
    const found = judge({ answers: [...three, leaderRead([A, B], { at: 30, server: 'p3' })], final: [[A, B, C]] })
    expect(wrongIn(found)).toEqual({ stale_leader_answers: 1 })
    expect(found.examples).toEqual([
      `Asked at 00:00.0, p3 showed list 0 with 2 elements, without ${C}, which had been shown at 00:00.0.`,
    ])
    // Less than everything is less, too.
    expect(wrongIn(judge({ answers: [...three, leaderRead([], { at: 30 })], final: [[A, B, C]] }))).toEqual({
      stale_leader_answers: 1,
    })
  })

  it('the order of a leader’s answers is told from the loss of what they lack', () => {
    const lost = judge({ answers: [...three, leaderRead([A, B], { at: 30, server: 'p3' })], final: [[A, B]] })
    const stale = lost.checks.find(({ figures }) => figures.includes('stale_leader_answers'))
    expect(stale?.figures).toEqual(['stale_leader_answers', 'lost_writes'])
    const kept = judge({ answers: [...three, leaderRead([A], { at: 30, server: 'p3' })], final: [[A, B]] })
    expect(kept.checks.find(({ figures }) => figures.includes('stale_leader_answers'))?.figures).toEqual([
      'stale_leader_answers',
    ])
  })

  it('an append that was acknowledged with a list without it', () => {
    const found = judge({ answers: [{ ...appended([A], { at: 0 }), own: B }], final: [[A, B]] })
    expect(wrongIn(found)).toEqual({ appends_not_shown: 1 })
  })

  it('is found by the answers alone where nobody could read the lists in the end', () => {
    const forked = judge({ answers: [...three, appended([A, D], { at: 30, server: 'p2' })], final: null })
    expect(forked.checks).toMatchObject([{ verdict: 'fail', figures: ['forked_lists'] }])
    expect(judge({ answers: three, final: null }).checks).toMatchObject([{ verdict: 'unknown' }])
    expect(judge({ answers: [], final: [] }).checks).toMatchObject([
      { verdict: 'unknown', why: 'No answer with a list was kept.' },
    ])
  })
})

describe('the book of lists', () => {
  it('says by how much a read was behind, and whether it went back', () => {
    const book = createListBook()
    for (const each of three) book.take(each)
    expect(book.behind(replicaRead([A], { at: 30 }))).toEqual({ elements: 2, ms: 18, isBackwards: false })
    expect(book.behind(replicaRead([A, B, C], { at: 30 }))).toEqual({ elements: 0, ms: 0, isBackwards: false })
    // What was answered after the read was sent, it need not have seen.
    expect(book.behind(replicaRead([A], { at: 15 }))).toEqual({ elements: 1, ms: 3, isBackwards: false })
    book.take(replicaRead([A, B], { at: 30 }))
    expect(book.behind(replicaRead([A], { at: 40 }))).toMatchObject({ isBackwards: true })
  })

  it('is marked as it is: what comes later changes nothing', () => {
    const book = createListBook()
    for (const each of three) book.take(each)
    const marks = book.mark()
    book.take(appended([A, B, C, D], { at: 40 }))
    book.take(appended([E], { at: 50 }))
    book.take(leaderRead([A], { at: 60 }))
    expect(marks.lists[0]?.branches.map(({ elements }) => elements)).toEqual([[A, B, C]])
    expect(findingsOf(judgeLists(marks, null), false).checks).toMatchObject([{ verdict: 'unknown' }])
  })

  it('keeps sixteen contents of a list apart, and counts what contradicts them all', () => {
    const book = createListBook()
    for (let n = 0; n < 20; n++) book.take(leaderRead([1 + 16 * n], { at: n }))
    const [list] = book.mark().lists
    expect([list?.branches.length, list?.unplaced]).toEqual([16, 4])
  })
})
