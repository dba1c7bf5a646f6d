import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Rule } from '../../types.ts'
import { ELSEWHERE_COMMIT, load, type World } from '../test-load.ts'

/** A world whose pipeline includes what is given. */
const including = (include: string, files: World['files'] = {}, more: Partial<World> = {}): World => ({
  files: { '.gitlab-ci.yml': `include: ${include}\nown: { script: own }`, ...files },
  ...more,
})
const jobsOf = async (world: World) => Object.keys((await load(world)).jobs)

describe('merging', () => {
  test('the documentation’s example: maps merge at depth, lists and the rest are replaced', async () => {
    const { jobs, globals } = await load({
      files: {
        '.gitlab-ci.yml': `
include: common.yml
variables: { POSTGRES_USER: username }
test:
  rules: [{ if: $A, when: manual }]
  artifacts: { reports: { junit: rspec.xml } }
`,
        'common.yml': `
variables: { POSTGRES_USER: common, POSTGRES_PASSWORD: testing }
test:
  rules: [{ when: never }]
  script: [rake spec]
  artifacts: { reports: { dotenv: deploy.env } }
`,
      },
    })
    expect(globals['variables']).toEqual({ POSTGRES_USER: 'username', POSTGRES_PASSWORD: 'testing' })
    expect(jobs['test']).toEqual({
      rules: [{ if: '$A', when: 'manual' }],
      script: ['rake spec'],
      artifacts: { reports: { dotenv: 'deploy.env', junit: 'rspec.xml' } },
    })
  })

  test.each([
    ['[unit.yml, smoke.yml]', 'smoke'],
    ['[smoke.yml, unit.yml]', 'unit'],
  ])('of %s the last one wins, whatever both include', async (include, wins) => {
    const { globals } = await load(
      including(include, {
        'defaults.yml': 'default: { before_script: default }',
        'unit.yml': 'include: defaults.yml\ndefault: { before_script: unit }',
        'smoke.yml': 'include: defaults.yml\ndefault: { before_script: smoke }',
      }),
    )
    expect(globals['default']).toEqual({ before_script: wins })
  })

  test('values keep the place in their own file', async () => {
    const world = including('ci/base.yml', { 'ci/base.yml': 'a:\n  script:\n    - x\n' })
    expect((await load(world)).place('a.script.0')).toBe('ci/base.yml:3:7')
  })

  test('a template of one file can be extended in another', async () => {
    const { jobs } = await load({
      files: {
        '.gitlab-ci.yml': 'include: t.yml\nj: { extends: .t, image: a }',
        't.yml': '.t: { script: [hello] }',
      },
    })
    expect(jobs).toEqual({ j: { script: ['hello'], image: 'a' } })
  })
})

describe('local files', () => {
  const files = Object.fromEntries(
    ['a.yml', 'ci/b.yml', 'ci/c.yml', 'ci/deep/d.yml', 'ci/e.txt'].map(path => [
      path,
      `${path}: { script: x }`,
    ]),
  )
  test.each([
    ['a.yml', ['a.yml']],
    ['/a.yml', ['a.yml']],
    ['[a.yml, { local: /ci/b.yml }]', ['a.yml', 'ci/b.yml']],
    ['ci/*.yml', ['ci/b.yml', 'ci/c.yml']],
    ['{ local: /ci/**.yml }', ['ci/b.yml', 'ci/c.yml', 'ci/deep/d.yml']],
    ['ci/**/*.yml', ['ci/deep/d.yml']],
    ['$DIR/b.yml', ['ci/b.yml']],
  ])('%s', async (include, found) => {
    const world = including(include, files, { variables: { DIR: 'ci' } })
    expect(await jobsOf(world)).toEqual([...found, 'own'])
  })

  test.each([
    ['missing.yml', "Could not include 'missing.yml': it is not in this commit"],
    ['no/*.yml', "No file is like 'no/*.yml'"],
    ['../other.yml', "'../other.yml' leads out of the repository"],
    ['ci/e.txt', "Included files are YAML: expected a name that ends with .yml or .yaml, found 'ci/e.txt'"],
    ['{ local: a.yml, template: b }', 'include has both local and template: expected one of'],
    ['{ file: a.yml }', 'include names no file: expected one of'],
    ['{ local: a.yml, ref: main }', "'ref' goes with project, not with local"],
    ['{ locl: a.yml }', "Unknown key 'locl' in include (did you mean 'local'?)"],
    ['{ artifact: a.yml, job: b }', 'start a child pipeline with it'],
    ['[[a.yml]]', 'Bad value of include'],
    ['{ local: [a.yml] }', 'Bad value of include: local: expected a text, found a list'],
  ])('%s is a finding', async (include, problem) => {
    const { problems } = await load(including(include, files))
    expect(problems.join('\n')).toContain(problem)
    expect(problems[0]).toMatch(/^\.gitlab-ci\.yml:1:/)
  })
})

describe('files of other projects', () => {
  const elsewhere = {
    'team/shared:ci/base.yml': 'include: { local: more.yml }\nbase: { script: x }',
    'team/shared:more.yml@c0ffee0000000000000000000000000000000000': 'more: { script: x }',
    'team/shared:v.yml@v1': 'v1: { script: x }',
    'team/shared:w.yml@v1': 'w1: { script: x }',
  }

  test('local files that they include are looked for in their project, at their commit', async () => {
    const world = including("{ project: team/shared, file: '/ci/base.yml' }", {}, { elsewhere })
    const loaded = await load(world)
    expect(Object.keys(loaded.jobs)).toEqual(['more', 'base', 'own'])
    expect(loaded.place('base.script')).toBe('team/shared:ci/base.yml:2:17')
  })

  test('a ref, and a list of files', async () => {
    const world = including('{ project: team/shared, ref: v1, file: [v.yml, /w.yml] }', {}, { elsewhere })
    expect(await jobsOf(world)).toEqual(['v1', 'w1', 'own'])
  })

  test.each([
    ['{ project: team/shared }', 'include: project names no file'],
    [
      '{ project: team/other, file: a.yml }',
      "Could not include 'team/other:a.yml': there is no team/other:a.yml",
    ],
    ['{ project: team/shared, file: v.yml }', "Could not include 'team/shared:v.yml'"],
  ])('%s is a finding', async (include, problem) => {
    expect((await load(including(include, {}, { elsewhere }))).problems.join()).toContain(problem)
  })

  test('wildcards in them find files of their project', async () => {
    const paths = ['a.yml', 'ci/one.yml', 'ci/two.yml', 'docs/three.md']
    const files = {
      'p:a.yml': 'include: "ci/*.yml"',
      'p:ci/one.yml@C': 'one: {script: x}',
      'p:ci/two.yml@C': 'two: {script: x}',
    }
    const elsewhere = Object.fromEntries(
      Object.entries(files).map(([name, text]) => [name.replace('@C', `@${ELSEWHERE_COMMIT}`), text]),
    )
    const { jobs, problems } = await load(
      including('{ project: p, file: a.yml }', {}, { elsewhere, lists: { p: paths } }),
    )
    expect(problems).toEqual([])
    expect(Object.keys(jobs)).toEqual(expect.arrayContaining(['one', 'two']))
  })

  test('wildcards in them are a finding where their files can’t be listed', async () => {
    const world = including(
      '{ project: p, file: a.yml }',
      {},
      { elsewhere: { 'p:a.yml': 'include: "*.yml"' } },
    )
    expect((await load(world)).problems).toEqual([
      "p:a.yml:1:10: error: Wildcards find files of a project that can be listed: '*.yml' (name the files one by one)",
    ])
  })
})

describe('remote files', () => {
  const url = 'https://example.test/ci.yml'
  const text = 'remote: { script: x }'
  const digest = `sha256-${createHash('sha256').update(text).digest('base64')}`
  const elsewhere = { [url]: text, [`${url}.html`]: text }

  test('one that is pinned by its digest counts', async () => {
    const world = including(`{ remote: '${url}', integrity: '${digest}' }`, {}, { elsewhere })
    expect(await jobsOf(world)).toEqual(['remote', 'own'])
  })

  test.each([`{ remote: '${url}' }`, url, `['${url}']`])(
    '%s without a digest is refused, and the digest is told',
    async include => {
      const { problems } = await load(including(include, {}, { elsewhere }))
      expect(problems).toHaveLength(1)
      expect(problems[0]).toContain(`pin it: add integrity: '${digest}'`)
    },
  )

  test.each([
    [
      `{ remote: '${url}', integrity: 'sha256-AAAA' }`,
      `is not the file that was pinned: expected sha256-AAAA, found ${digest}`,
    ],
    [`{ remote: 'http://example.test/ci.yml' }`, 'expected https://'],
    [`{ remote: '${url}.html' }`, 'ends with .yml or .yaml'],
    [`{ remote: 'https://example.test/no.yml' }`, 'there is no https://example.test/no.yml'],
    [`{ local: a.yml, integrity: '${digest}' }`, "'integrity' goes with remote, not with local"],
  ])('%s is a finding', async (include, problem) => {
    expect(
      (await load(including(include, { 'a.yml': 'a: { script: x }' }, { elsewhere }))).problems.join(),
    ).toContain(problem)
  })

  test('a remote file has no local files', async () => {
    const body = 'include: a.yml'
    const pin = createHash('sha256').update(body).digest('base64')
    const world = including(
      `{ remote: '${url}', integrity: 'sha256-${pin}' }`,
      { 'a.yml': 'a: { script: x }' },
      { elsewhere: { [url]: body } },
    )
    expect((await load(world)).problems.join()).toContain(
      "A remote file or template has no local file 'a.yml'",
    )
  })
})

describe('components', () => {
  const elsewhere = {
    'team/parts/lint@1.2': `
spec:
  component: [name, version, reference, sha]
  inputs: { stage: { default: test } }
---
"$[[ component.name ]]":
  stage: $[[ inputs.stage ]]
  script: ["$[[ component.reference ]] at $[[ component.sha ]]"]
`,
    'team/parts/full@1.2.3':
      'spec: { component: [version] }\n---\nfull: { script: ["$[[ component.version ]]"] }',
    'deep/team/parts/a@~latest': 'a: { script: x }',
  }

  test('are found by project, name and version, take inputs, and know themselves', async () => {
    const world = including(
      '{ component: $CI_SERVER_FQDN/team/parts/lint@1.2, inputs: { stage: early } }',
      {},
      { elsewhere },
    )
    expect((await load(world)).jobs['lint']).toEqual({
      stage: 'early',
      script: ['1.2 at c0ffee0000000000000000000000000000000000'],
    })
  })

  test('a full version is its release; a project may lie deep', async () => {
    const include =
      '[{ component: ballast.test/team/parts/full@1.2.3 }, { component: ballast.test/deep/team/parts/a@~latest }]'
    const { jobs } = await load(including(include, {}, { elsewhere }))
    expect(jobs).toMatchObject({ full: { script: ['1.2.3'] }, a: { script: 'x' } })
  })

  test.each([
    ['gitlab.com/components/go/full@1', "Components come from this Ballast, not from 'gitlab.com'"],
    ['ballast.test/team/parts/nothing@1', "Could not include 'team/parts/nothing@1'"],
    ['ballast.test/team/parts/lint', 'Bad address of a component'],
    ['ballast.test/lint@1', 'Bad address of a component'],
    ['ballast.test/team/parts/@1', 'Bad address of a component'],
  ])('%s is a finding', async (component, problem) => {
    expect(
      (await load(including(`{ component: ${component} }`, {}, { elsewhere }))).problems.join(),
    ).toContain(problem)
  })

  // https://docs.gitlab.com/ci/yaml/expressions/#component-context
  test('what a component knows of itself is what its header asks for', async () => {
    const parts = {
      'team/parts/a@1': 'spec: { component: [name] }\n---\na: { script: "$[[ component.sha ]]" }',
      'team/parts/b@1': 'spec: { inputs: {} }\n---\nb: { script: "$[[ component.name ]]" }',
    }
    const include = '[{ component: ballast.test/team/parts/a@1 }, { component: ballast.test/team/parts/b@1 }]'
    const { problems } = await load(including(include, {}, { elsewhere: parts }))
    expect(problems.join()).toContain("Unknown value 'component.sha'")
    expect(problems.join()).toContain("Unknown value 'component.name'")
  })

  test('a file that is no component knows nothing of the kind', async () => {
    const world = including('a.yml', { 'a.yml': 'spec: {}\n---\na: { script: "$[[ component.name ]]" }' })
    expect((await load(world)).problems.join()).toContain("Unknown value 'component.name'")
  })
})

describe('rules', () => {
  test('are handed on as they are written, and what they decide is done', async () => {
    const asked: (readonly Rule[])[] = []
    const include = `
  - { local: a.yml, rules: [{ if: $A == "x", when: never }, { changes: [x/*], exists: { paths: [f] } }] }
  - { local: b.yml, rules: [{ changes: { paths: [y], compare_to: main } }] }
`
    const world = including(
      include,
      { 'a.yml': 'a: { script: x }', 'b.yml': 'b: { script: x }' },
      {
        decideInclude: async rules => {
          asked.push(rules)
          return asked.length > 1
        },
      },
    )
    expect(await jobsOf(world)).toEqual(['b', 'own'])
    expect(asked).toMatchObject([
      [
        { if: { text: '$A == "x"', at: { line: 2 } }, when: 'never' },
        { changes: { paths: ['x/*'] }, exists: { paths: ['f'] } },
      ],
      [{ changes: { paths: ['y'], compareTo: 'main' } }],
    ])
  })

  test('exists looks into the project of the file that asks', async () => {
    const asked: unknown[] = []
    const world = including(
      '{ project: p, ref: r, file: a.yml }',
      { 'b.yml': 'b: { script: x }' },
      {
        elsewhere: { 'p:a.yml@r': 'include: { template: Bash.gitlab-ci.yml, rules: [{ exists: [f] }] }' },
        decideInclude: async ([rule]) => {
          asked.push(rule?.exists)
          return false
        },
      },
    )
    await load(world)
    expect(asked).toEqual([{ paths: ['f'], project: 'p', ref: 'c0ffee0000000000000000000000000000000000' }])
  })

  test.each([
    ['[{ when: manual }]', 'Bad value of include: rules: when: expected always or never'],
    ['[{ if: [x] }]', 'Bad value of include: rules: if'],
    ['[{ allow_failure: true }]', "Unknown key 'allow_failure' in include: rules"],
    ['{ if: x }', 'expected a list of at most 200 rules, found a map'],
    ['[{ changes: { compare_to: x } }]', 'Bad value of include: rules: changes: expected paths'],
  ])('%s is a finding', async (rules, problem) => {
    expect((await load(including(`{ local: a.yml, rules: ${rules} }`))).problems.join()).toContain(problem)
  })
})

describe('circles and limits', () => {
  test.each([
    [
      'itself',
      'include: .gitlab-ci.yml',
      {},
      ".gitlab-ci.yml:1:10: error: '.gitlab-ci.yml' includes itself in the end",
    ],
    [
      'by way of others',
      'include: a.yml',
      { 'a.yml': 'include: /b.yml', 'b.yml': 'include: ./a.yml' },
      "b.yml:1:10: error: './a.yml' includes itself in the end",
    ],
  ])('a file that includes %s is a finding', async (_, text, files, problem) => {
    expect((await load({ files: { '.gitlab-ci.yml': text, ...files } })).problems).toEqual([problem])
  })

  test('150 files are allowed, 151 are not', async () => {
    const names = (count: number) => Array.from({ length: count }, (_, i) => `f${i}.yml`)
    const files = Object.fromEntries(names(151).map(name => [name, `${name}: { script: x }`]))
    expect(await jobsOf(including(`[${names(150)}]`, files))).toHaveLength(151)
    expect((await load(including(`[${names(151)}]`, files))).problems).toEqual([
      '.gitlab-ci.yml:1:10: error: More than 150 files are included',
    ])
  })

  test('the same file twice is merged twice, and told once', async () => {
    const { problems } = await load(including('[a.yml, a.yml]', { 'a.yml': 'a: {' }))
    expect(problems).toHaveLength(1)
  })
})

test('templates that are not shipped are refused, with those that are', async () => {
  const { problems } = await load(including('{ template: Jobs/SAST.gitlab-ci.yml }'))
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(
    "There is no template 'Jobs/SAST.gitlab-ci.yml': expected one of Bash.gitlab-ci.yml,",
  )
})
