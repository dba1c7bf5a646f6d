import { expect, test } from 'vitest'
import type { CommitId } from '../../core/index.ts'
import { planMirror } from './plan.ts'

const id = (n: number) => String(n).repeat(40) as CommitId
/** A line 1 - 2 - 3; 7 and 8 stand apart. */
const isAncestor = async (a: CommitId, b: CommitId) => a <= b && b < id(4)
const map = (refs: Readonly<Record<string, number>>) =>
  new Map(Object.entries(refs).map(([name, n]) => [name, id(n)] as const))

const plan = (theirs: number, last: number, own: number, name = 'heads/topic') => {
  const at = (n: number) => (n === 0 ? map({}) : map({ [name]: n }))
  const facts = { fetched: at(theirs), mirrored: at(last), own: at(own), defaultBranch: 'main', isAncestor }
  return planMirror(facts)
}

test.each([
  ['new', 1, 0, 0],
  ['moved on', 2, 1, 1],
  ['forced to another line', 7, 1, 1],
  ['gone', 0, 1, 1],
  ['moved on, and pushed to here before it got there', 3, 1, 2],
  ['there on both sides from the beginning, here behind', 2, 0, 1],
])('%s: it follows', async (_what, theirs, last, own) => {
  expect(await plan(theirs, last, own)).toEqual({
    moves: [
      {
        own: { ref: 'refs/heads/topic', before: id(own), after: id(theirs) },
        mirrored: { ref: 'refs/ballast/mirrored/heads/topic', before: id(last), after: id(theirs) },
      },
    ],
    kept: [],
  })
})

test.each([
  ['nothing moved', 1, 1, 1],
  ['pushed to here, nothing moved there', 1, 1, 2],
  ['deleted here, nothing moved there', 1, 1, 0],
  ['neither has it', 0, 0, 0],
])('%s: nothing to do', async (_what, theirs, last, own) => {
  expect(await plan(theirs, last, own)).toEqual({ moves: [], kept: [] })
})

test('what both reached on their own is noted alone', async () => {
  const mirrored = { ref: 'refs/ballast/mirrored/heads/topic', before: id(1), after: id(2) }
  expect(await plan(2, 1, 2)).toEqual({ moves: [{ mirrored }], kept: [] })
})

test.each([
  ['pushed to here, and another line there', 7, 1, 8, 'heads/topic', 'another way'],
  ['ahead here after a force there', 1, 7, 2, 'heads/topic', 'another way'],
  ['another line on both sides from the beginning', 7, 0, 1, 'heads/topic', 'another way'],
  ['gone there, pushed to here', 0, 1, 2, 'heads/topic', 'gone at the remote'],
  ['deleted here, moved there', 2, 1, 0, 'heads/topic', 'deleted here'],
  ['the default branch is gone there', 0, 1, 1, 'heads/main', 'default branch'],
  ['a tag of the same name stands elsewhere', 2, 0, 1, 'tags/v1', 'another way'],
])('%s: it stays, and is told', async (_what, theirs, last, own, name, reason) => {
  const { moves, kept } = await plan(theirs, last, own, name)
  expect(moves).toEqual([])
  expect(kept).toEqual([expect.stringContaining(reason)])
})

test('a name that Ballast does not take is told, never given to git', async () => {
  const { moves, kept } = await plan(1, 0, 0, 'heads/x\u0000y')
  expect({ moves, kept }).toMatchObject({ moves: [], kept: [expect.stringContaining('not taken')] })
})
