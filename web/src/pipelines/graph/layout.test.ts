import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type GraphJob, NODE_HEIGHT, NODE_WIDTH, neighbour, pathOf } from './geometry.ts'
import { layoutJobs } from './layout.ts'

const diamond: GraphJob[] = [
  { name: 'unit', needs: [] },
  { name: 'left', needs: ['unit'] },
  { name: 'right', needs: ['unit'] },
  { name: 'deploy', needs: ['left', 'right', 'unit'] },
]

test('each job stands to the right of what it needs', () => {
  const { nodes } = layoutJobs(diamond)
  for (const { name, needs } of diamond)
    for (const need of needs) expect(nodes.get(name)!.x).toBeGreaterThan(nodes.get(need)!.x + NODE_WIDTH)
})

test('a need that another one brings with it draws no line of its own', () => {
  const lines = layoutJobs(diamond).edges.map(({ from, to }) => `${from} ${to}`)
  expect(lines.toSorted()).toEqual(['left deploy', 'right deploy', 'unit left', 'unit right'])
})

test('a need that names no job is left out', () => {
  const { nodes, edges } = layoutJobs([{ name: 'alone', needs: ['gone'] }])
  expect([...nodes.keys()]).toEqual(['alone'])
  expect(edges).toEqual([])
})

test('lines run from the right side of one job to the left side of the next', () => {
  const { nodes, edges } = layoutJobs(diamond)
  const { points } = edges.find(({ from, to }) => from === 'unit' && to === 'left')!
  const [unit, left] = [nodes.get('unit')!, nodes.get('left')!]
  expect(points).toEqual([
    { x: unit.x + NODE_WIDTH, y: unit.y + NODE_HEIGHT / 2 },
    { x: left.x, y: left.y + NODE_HEIGHT / 2 },
  ])
  expect(pathOf(points)).toMatch(/^M[\d.]+,[\d.]+( C[\d., ]+)$/)
})

test('jobs never lie over each other, and all are inside the picture', () => {
  const jobs = fc
    .array(fc.array(fc.nat(20), { maxLength: 4 }), { minLength: 1, maxLength: 20 })
    .map(rows =>
      rows.map((row, i) => ({ name: `j${i}`, needs: row.filter(need => need < i).map(need => `j${need}`) })),
    )
  fc.assert(
    fc.property(jobs, list => {
      const { nodes, width, height } = layoutJobs(list)
      const placed = [...nodes.values()]
      expect(placed).toHaveLength(list.length)
      for (const [i, a] of placed.entries()) {
        expect(a.x).toBeGreaterThanOrEqual(0)
        expect(a.x + NODE_WIDTH).toBeLessThanOrEqual(width)
        expect(a.y + NODE_HEIGHT).toBeLessThanOrEqual(height)
        for (const b of placed.slice(i + 1))
          expect(Math.abs(a.x - b.x) >= NODE_WIDTH || Math.abs(a.y - b.y) >= NODE_HEIGHT).toBe(true)
      }
    }),
    { numRuns: 30 },
  )
})

test.each([
  ['unit', 'left', undefined],
  ['deploy', 'right', undefined],
  ['deploy', 'up', 'left'],
] as const)('from %s, %s there is no job, or the nearest', (from, direction, expected) => {
  const found = neighbour(layoutJobs(diamond), from, direction)
  if (expected === undefined) expect(found).toBeUndefined()
  else expect(['left', 'right']).toContain(found)
})

test('the arrow keys lead along the way', () => {
  const drawn = layoutJobs(diamond)
  expect(['left', 'right']).toContain(neighbour(drawn, 'unit', 'right'))
  expect(neighbour(drawn, 'left', 'left')).toBe('unit')
  expect(neighbour(drawn, 'right', 'right')).toBe('deploy')
})

describe('with stages', () => {
  const jobs: GraphJob[] = [
    { name: 'build', needs: [], stage: 'build' },
    { name: 'lint', needs: [], stage: 'test' },
    { name: 'unit', needs: ['build'], stage: 'test' },
    { name: 'after', needs: ['unit'], stage: 'test' },
    { name: 'ship', needs: [], stage: 'deploy' },
  ]
  const drawn = layoutJobs(jobs, ['.pre', 'build', 'test', 'deploy'])

  test('each stage that has jobs is a column with its name, in their order', () => {
    expect(drawn.heads.map(({ stage }) => stage)).toEqual(['build', 'test', 'deploy'])
    const xs = ['build', 'lint', 'ship'].map(name => drawn.nodes.get(name)!.x)
    expect(xs).toEqual(xs.toSorted((a, b) => a - b))
    expect(drawn.nodes.get('unit')!.x).toBe(drawn.nodes.get('lint')!.x)
    expect(drawn.nodes.get('unit')!.y).toBeGreaterThan(drawn.nodes.get('lint')!.y + NODE_HEIGHT)
  })

  test('lines are drawn between columns alone', () => {
    expect(drawn.edges.map(({ from, to }) => `${from} ${to}`)).toEqual(['build unit'])
  })

  test('thousands of jobs are placed at once, none over another', () => {
    const many = Array.from({ length: 5000 }, (_, i) => ({
      name: `j${i}`,
      needs: [],
      stage: i % 2 ? 'a' : 'b',
    }))
    const { nodes } = layoutJobs(many, ['a', 'b'])
    expect(new Set([...nodes.values()].map(({ x, y }) => `${x} ${y}`)).size).toBe(5000)
  })
})

test('without stages, many jobs stand in columns by how much has to run before them', () => {
  const many = Array.from({ length: 2000 }, (_, i) => ({
    name: `j${i}`,
    needs: i < 1000 ? [] : [`j${i - 1000}`],
  }))
  const { nodes, edges } = layoutJobs(many)
  expect(new Set([...nodes.values()].map(({ x, y }) => `${x} ${y}`)).size).toBe(2000)
  expect(nodes.get('j1000')!.x).toBeGreaterThan(nodes.get('j0')!.x + NODE_WIDTH)
  expect(edges).toHaveLength(1000)
})

test('many jobs that need each other in a circle are placed all the same', () => {
  const circle = Array.from({ length: 500 }, (_, i) => ({ name: `j${i}`, needs: [`j${(i + 1) % 500}`] }))
  expect(layoutJobs(circle).nodes.size).toBe(500)
})

describe('a group that is unfolded', () => {
  const group: GraphJob = { name: 'group', needs: [], stage: 'a', members: ['m 1/2', 'm 2/2'] }
  const after: GraphJob = { name: 'after', needs: [], stage: 'a' }

  test.each([[['a']], [[]]])('has its jobs below it, and what follows below them (stages %j)', stages => {
    const { nodes, height } = layoutJobs([group, after], stages)
    const [head, first, second] = ['group', 'm 1/2', 'm 2/2'].map(name => nodes.get(name)!)
    expect(first!.y).toBeGreaterThanOrEqual(head!.y + NODE_HEIGHT)
    expect(second!.y).toBeGreaterThan(first!.y)
    const inGroup = (y: number) => y >= head!.y && y <= second!.y
    expect(inGroup(nodes.get('after')!.y)).toBe(false)
    expect(height).toBeGreaterThan(second!.y)
  })

  test('the arrow keys lead into it, through it and out of it', () => {
    const before: GraphJob = { name: 'before', needs: [], stage: 'first' }
    const drawn = layoutJobs([before, group, after], ['first', 'a'])
    expect(neighbour(drawn, 'group', 'down')).toBe('m 1/2')
    expect(neighbour(drawn, 'm 1/2', 'down')).toBe('m 2/2')
    expect(neighbour(drawn, 'm 2/2', 'down')).toBe('after')
    expect(neighbour(drawn, 'm 1/2', 'up')).toBe('group')
    expect(neighbour(drawn, 'm 2/2', 'left')).toBe('before')
    expect(neighbour(drawn, 'm 2/2', 'right')).toBeUndefined()
  })
})
