import { describe, expect, test } from 'vitest'
import { memoryInput } from '../../../../test/fixtures/model-input.ts'
import { openPickle } from './open.ts'

const open = (latin: string) => openPickle(memoryInput(Buffer.from(latin, 'latin1'), 'x.pkl'))

/** What a memo lets a small file say many times over: each would take hours if it were walked as often as said. */
describe('parts that are shared are walked once', () => {
  const many = 12_000
  const lists = `(${']Na'.repeat(many)}l`
  const keyed = `(${Array.from({ length: many }, (_, i) => `I${i}\n]Na`).join('')}d`
  const named = `(${Array.from({ length: many }, (_, i) => `S'${i}'\n]Na`).join('')}d`

  test.each([
    ['a list in a list', `(${lists}p0\n${'g0\n'.repeat(many)}l.`],
    ['a state of objects', `(${named}p0\n0cm\nC\np1\n0${'g1\n)\x81g0\nb'.repeat(many)}l.`],
    ['a state and slots', `(${named}p0\n0cm\nC\np1\n0${'g1\n)\x81g0\ng0\n\x86b'.repeat(many)}l.`],
    ['arguments of calls', `((${']Na'.repeat(many)}tp0\n0cm\nf\np1\n0${'g1\ng0\nR'.repeat(many)}l.`],
    ['named arguments of calls', `(${named}p0\n0cm\nC\np1\n0${'g1\n)g0\n\x92'.repeat(many)}l.`],
    ['keys without names', `(${keyed}p0\n0${'(I1\ng0\nd'.repeat(many)}l.`],
  ])('%s', async (_, pickle) => {
    expect((await open(pickle)).file.tensors).toEqual([])
  })

  const dtype = (code: string, rest = ''): string => `cnumpy\ndtype\n(S'${code}'\nI0\nI1\ntR${rest}`
  const array = 'cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS"b"\ntR'

  test('elements of arrays of objects', async () => {
    const shape = `(I${many}\nt`
    const arrays = `${array}(I1\n${shape}g2\nI00\ng0\ntb`.repeat(1000)
    const { file } = await open(`(${lists}p0\n0${dtype('O8')}p2\n0${arrays}l.`)
    expect(file.tensors.length).toBe(1000)
  })

  test('shapes that are no shapes', async () => {
    const shape = `(${'I1\n'.repeat(many)}tp0\n0`
    const arrays = `${array}(I1\ng0\n${dtype('f8')}I00\nS''\ntb`.repeat(many / 3)
    expect((await open(`(${shape}${arrays}l.`)).file.tensors).toEqual([])
  })

  test('records within records', async () => {
    // Each holds the one before it 30 times over: 30^8 fields.
    const names = Array.from({ length: 30 }, (_, i) => `S'${i}'\n`)
    let pickle = `(${dtype('f8')}p0\n0`
    for (let level = 1; level <= 8; level++) {
      const fields = names.map(name => `${name}(g${level - 1}\nI0\nt`).join('')
      const state = `(I3\nS'|'\nN(${names.join('')}t(${fields}dI8\nI1\nI0\nt`
      pickle += `${dtype('V8', `${state}b`)}p${level}\n0`
    }
    const { file } = await open(`${pickle}${array}(I1\n(I1\ntg8\nI00\nS'12345678'\ntbl.`)
    expect(file.tensors).toMatchObject([{ dtype: 'record', itemBytes: 8 }])
  })

  test('a pipeline that is its own step', async () => {
    const steps = `(${"(S'a'\ng0\nt".repeat(5000)}l`
    const { file } = await open(`csklearn.pipeline\nPipeline\n)\x81p0\n}S'steps'\n${steps}sb.`)
    expect(file.graph).toMatchObject({ kind: 'layers' })
  })

  test('trees of trees', async () => {
    const trees = `(${'g0\n'.repeat(many)}l`
    const pickle = `csklearn.ensemble\nX\n)\x81}S'estimators_'\n(Nlp0\n${trees.slice(0, -1)}esb.`
    expect((await open(pickle)).file.graph).toBeUndefined()
  })

  test('lists of lists in an attribute', async () => {
    const level = (from: number): string => `(${`g${from}\n`.repeat(30)}lp${from + 1}\n0`
    const names = Array.from({ length: 1000 }, (_, i) => `S'${i}'\ng4\n`).join('')
    const { file } = await open(`(I1\nlp0\n0${[0, 1, 2, 3].map(level).join('')}cm\nC\n)\x81(${names}db.`)
    expect(file.metadata).toEqual([])
  })
})
