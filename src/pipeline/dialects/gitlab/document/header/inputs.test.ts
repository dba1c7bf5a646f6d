import { describe, expect, test } from 'vitest'
import { load, type World } from '../test-load.ts'

/** A file with inputs, and a pipeline that includes it with these values. */
const component = (inputs: string, body: string, given = '{}'): World => ({
  files: {
    '.gitlab-ci.yml': `include: { local: part.yml, inputs: ${given} }`,
    'part.yml': `spec:\n  inputs: ${inputs}\n---\n${body}`,
  },
})

describe('types', () => {
  test('a block that is a whole value keeps the type of its input', async () => {
    const { jobs } = await load(
      component(
        '{ a: { type: array }, b: { type: boolean }, n: { type: number }, s: {} }',
        'j:\n  allow_failure: $[[ inputs.b ]]\n  needs: $[[ inputs.a ]]\n  parallel: $[[ inputs.n ]]\n  script: $[[ inputs.s ]]\n  tags: [ $[[ inputs.s ]] ]',
        '{ a: [x, { job: y }], b: true, n: 5, s: hello }',
      ),
    )
    expect(jobs['j']).toEqual({
      allow_failure: true,
      needs: ['x', { job: 'y' }],
      parallel: 5,
      script: 'hello',
      tags: ['hello'],
    })
  })

  test('in a text every input is text, and lists are JSON', async () => {
    const { jobs } = await load(
      component(
        '{ a: { type: array, default: [x, 1] }, n: { type: number, default: 80 } }',
        'j:\n  script:\n    - curl "https://x:$[[inputs.n]]" $[[ inputs.n ]]\n    - "$[[ inputs.n ]]"\n    - |\n      echo $[[ inputs.a ]]\n',
      ),
    )
    expect(jobs['j']).toEqual({ script: ['curl "https://x:80" 80', '80', 'echo ["x",1]\n'] })
  })

  test('a string without quotes around it is read as if it had been written there', async () => {
    const { jobs } = await load(
      component(
        '{ n: { default: "5" }, e: { default: "" }, l: { default: "[a, b]" }, t: { default: "true" } }',
        'j: { parallel: $[[ inputs.n ]], image: $[[ inputs.e ]], needs: $[[ inputs.l ]], interruptible: $[[ inputs.t ]], script: "$[[ inputs.t ]]" }',
      ),
    )
    expect(jobs['j']).toEqual({ parallel: 5, needs: ['a', 'b'], interruptible: true, script: 'true' })
  })

  test('a value can’t change what is around it', async () => {
    const value = JSON.stringify('x\n  evil: { y: z }\n# ": }')
    const { jobs } = await load(
      component('{ s: {} }', 'j:\n  script: echo $[[ inputs.s ]]\n  tags: [t]', `{ s: ${value} }`),
    )
    expect(jobs['j']).toEqual({ script: 'echo x\n  evil: { y: z }\n# ": }', tags: ['t'] })
  })

  test('keys have blocks too, several in one', async () => {
    const { jobs } = await load(
      component('{ n: {} }', '"job $[[ inputs.n ]] $[[inputs.n]]": { script: x }', '{ n: foo }'),
    )
    expect(Object.keys(jobs)).toEqual(['job foo foo'])
  })

  test('places are those of the file with the block', async () => {
    const world = component(
      '{ s: {} }',
      'j:\n  script: $[[ inputs.s ]]  # $[[ inputs.s ]]\n  image: x',
      '{ s: a }',
    )
    const { place } = await load(world)
    expect(place('j.script')).toBe('part.yml:5:11')
    expect(place('j.image')).toBe('part.yml:6:10')
  })
})

describe('what a file takes', () => {
  test.each([
    ['{ v: {} }', '{ v: 1 }', "Bad value of the input 'v': expected a string, found 1"],
    ['{ v: { type: number } }', '{ v: "1" }', "Bad value of the input 'v': expected a number, found '1'"],
    [
      '{ v: { type: boolean } }',
      '{ v: "true" }',
      "Bad value of the input 'v': expected a boolean, found 'true'",
    ],
    ['{ v: { type: array } }', '{ v: x }', "Bad value of the input 'v': expected an array, found 'x'"],
    [
      '{ v: { options: [a, b] } }',
      '{ v: c }',
      "Bad value of the input 'v': expected one of 'a', 'b', found 'c'",
    ],
    ['{ v: { type: array, options: [a, b] } }', '{ v: [a, c] }', "expected one of 'a', 'b', found 'c'"],
    [
      '{ v: { regex: ^v\\d+$ } }',
      '{ v: w1 }',
      "Bad value of the input 'v': expected what matches ^v\\d+$, found 'w1'",
    ],
    ['{ v: }', '{}', "The input 'v' has no value: expected a string"],
    ['{ value: { default: x } }', '{ valeu: y }', "There is no input 'valeu' (did you mean 'value'?)"],
  ])('%s given %s', async (inputs, values, problem) => {
    const { problems } = await load(component(inputs, 'j: { script: x }', values))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(problem)
    expect(problems[0]).toMatch(/^\.gitlab-ci\.yml:1:/)
  })

  test.each([
    [
      '{ v: { type: foo } }',
      "Bad type of the input 'v': expected string, number, boolean, array, found 'foo'",
    ],
    ['{ v: { default: 1 } }', "Bad default of the input 'v': expected a string, found 1"],
    ['{ v: { default: c, options: [a] } }', "Bad default of the input 'v': expected one of 'a', found 'c'"],
    ['{ v: { default: w, regex: ^v } }', "Bad default of the input 'v': expected what matches ^v, found 'w'"],
    ['{ v: { regex: "^[unclosed" } }', "regex of the input 'v': The pattern is not valid"],
    ['{ v: { type: number, regex: x } }', "regex of the input 'v': only strings have one"],
    ['{ v: { defualt: x } }', "Unknown key 'defualt' in the input 'v' (did you mean 'default'?)"],
    ['{ v: { options: [] } }', "Bad value of options of the input 'v': expected a list of 1 to 50 values"],
    ['[v]', 'Bad value of inputs: expected a map of inputs by name, found a list'],
  ])('%s makes no sense', async (inputs, problem) => {
    const { problems } = await load(component(inputs, 'j: { script: x }'))
    expect(problems.join('\n')).toContain(problem)
    expect(problems[0]).toMatch(/^part\.yml:/)
  })

  test('all that is wrong is told at once', async () => {
    const { problems } = await load(
      component('{ a: {}, b: { type: number }, c: {} }', 'j: { script: x }', '{ b: x, d: 1 }'),
    )
    expect(problems).toHaveLength(4)
  })

  test('a file without a header takes no inputs', async () => {
    const files = {
      '.gitlab-ci.yml': 'include: { local: a.yml, inputs: { x: 1 } }',
      'a.yml': 'a: { script: x }',
    }
    expect((await load({ files })).problems).toEqual([
      '.gitlab-ci.yml:1:39: error: a.yml takes no inputs (declare them in spec: inputs: at its top)',
    ])
  })
})

describe('rules of inputs', () => {
  const inputs = `
    cloud: { options: [aws, gcp], default: aws }
    size:
      rules:
        - { if: "$[[ inputs.cloud ]] == 'aws' && $[[ inputs.big ]] != true", options: [t3, t4], default: t3 }
        - { if: "$[[ inputs.cloud ]] == 'gcp' || $[[inputs.cloud]] == \\"azure\\"", options: [e2], default: e2 }
        - { options: [other], default: other }
    big: { type: boolean, default: false }
    free: { rules: [{ if: $[[ inputs.cloud ]] == 'gcp', default: null }, { options: [none], default: none }] }
`
  test.each([
    ['{}', 't3'],
    ['{ size: t4 }', 't4'],
    ['{ cloud: gcp, free: x }', 'e2'],
    ['{ big: true }', 'other'],
  ])('given %s the size is %s', async (given, size) => {
    const { jobs, problems } = await load(component(inputs, 'j: { script: $[[ inputs.size ]] }', given))
    expect(problems).toEqual([])
    expect(jobs['j']).toEqual({ script: size })
  })

  test.each([
    ['{ size: e2 }', "Bad value of the input 'size': expected one of 't3', 't4', found 'e2'"],
    ['{ cloud: gcp }', "The input 'free' has no value"],
  ])('given %s it is a finding', async (given, problem) => {
    expect((await load(component(inputs, 'j: { script: x }', given))).problems.join()).toContain(problem)
  })

  test.each([
    ['{ a: { rules: [{ if: "$A == 1", default: x }] } }', 'expected comparisons such as'],
    ['{ a: { rules: [{ if: "1 == 1", default: x }] } }', "A rule of the input 'a' asks for no input"],
    ['{ a: { default: x, rules: [{ default: y }] } }', 'has rules: its options and default belong there'],
    [
      '{ a: { rules: [{ if: $[[ inputs.b ]] == 1, default: x }] }, b: { rules: [{ if: $[[ inputs.a ]] == 1, default: x }] } }',
      "The rules of 'a', 'b' ask for each other",
    ],
  ])('%s makes no sense', async (wrong, problem) => {
    expect((await load(component(wrong, 'j: { script: x }'))).problems.join()).toContain(problem)
  })
})

describe('inputs of a pipeline', () => {
  const text =
    'spec: { inputs: { s: { default: d }, n: { type: number, default: 1 }, b: { type: boolean, default: false }, a: { type: array, default: [] } } }\n---\nj: { script: [$[[ inputs.s ]]], parallel: $[[ inputs.n ]], interruptible: $[[ inputs.b ]], tags: $[[ inputs.a ]] }'
  const pipeline = (inputs: World['inputs']): World => ({
    files: { '.gitlab-ci.yml': text },
    ...(inputs && { inputs }),
  })

  test('are read from text where they come as text', async () => {
    const { jobs } = await load(pipeline({ s: '7up', n: '3', b: 'true', a: '["x"]' }))
    expect(jobs['j']).toEqual({ script: ['7up'], parallel: 3, interruptible: true, tags: ['x'] })
  })

  test('have defaults, and are refused where they fit nothing', async () => {
    expect((await load(pipeline({}))).jobs['j']).toEqual({
      script: ['d'],
      parallel: 1,
      interruptible: false,
      tags: [],
    })
    const { problems } = await load(pipeline({ n: 'x', a: '['.repeat(30_000), other: 'y' }))
    expect(problems).toHaveLength(3)
  })

  test('without a header there are none', async () => {
    const { problems } = await load({ files: { '.gitlab-ci.yml': 'j: { script: x }' }, inputs: { a: 'b' } })
    expect(problems.join()).toContain('.gitlab-ci.yml takes no inputs')
  })
})

describe('headers', () => {
  test('include inputs of other files, each name once', async () => {
    const world = (own: string): World => ({
      files: {
        '.gitlab-ci.yml': `spec: { include: [{ local: shared.yml }], inputs: { ${own}: { default: o } } }\n---\nj: { script: $[[ inputs.env ]] }`,
        'shared.yml': 'inputs: { env: { default: staging } }',
      },
    })
    expect((await load(world('x'))).jobs['j']).toEqual({ script: 'staging' })
    expect((await load(world('env'))).problems.join()).toContain(
      "The input 'env' is also in an included file",
    )
  })

  test('of one document with spec is no header', async () => {
    expect((await load('spec: { inputs: { a: } }\nj: { script: x }')).problems.join()).toContain(
      "'spec' stands in a header of its own",
    )
  })

  test('a second document without one before it is not read, and that is said', async () => {
    const { jobs, problems } = await load('a: { script: x }\n---\nb: { script: y }')
    expect(Object.keys(jobs)).toEqual(['a'])
    expect(problems.join()).toContain('2:1: warning: What comes after this is not read')
  })

  test('documents with nothing in them do not count', async () => {
    const { jobs, problems } = await load('---\n# comment\n---\nj: { script: x }\n---\n')
    expect(problems).toEqual([])
    expect(Object.keys(jobs)).toEqual(['j'])
  })

  test('files without a header keep their blocks as text', async () => {
    expect((await load('j: { script: ["echo $[[ inputs.x ]]"] }')).jobs['j']).toEqual({
      script: ['echo $[[ inputs.x ]]'],
    })
  })
})
