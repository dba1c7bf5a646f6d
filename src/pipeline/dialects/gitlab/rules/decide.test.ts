import { describe, expect, test } from 'vitest'
import type { Rule } from '../types.ts'
import { decideIncludeRules, decideRules, decideWorkflow } from './decide.ts'
import { aMergeRequest, anOccasion, aRule, place, type World } from './test-occasion.ts'

const decide = (rules: readonly Rule[], world: World = {}) => decideRules(rules, anOccasion(world))

const MERGE_REQUEST: World = { trigger: aMergeRequest() }
const SCHEDULE: World = { trigger: { event: 'schedule', schedule: { id: '1', description: 'nightly' } } }
const TAG: World = { trigger: { event: 'tag', ref: 'refs/tags/v1' } }
const NEW_BRANCH: World = { trigger: { before: '0'.repeat(40) }, changed: { before: [] } }

describe('the first rule that matches decides', () => {
  const rules = [
    aRule(3, { if: '$CI_PIPELINE_SOURCE == "merge_request_event"', when: 'manual', allowFailure: true }),
    aRule(6, { if: '$CI_PIPELINE_SOURCE == "schedule"' }),
  ]
  const allBut = [
    aRule(3, { if: '$CI_PIPELINE_SOURCE == "merge_request_event"', when: 'never' }),
    aRule(5, { if: '$CI_PIPELINE_SOURCE == "schedule"', when: 'never' }),
    aRule(7, { when: 'on_success' }),
  ]

  test.each([
    ['a merge request', rules, MERGE_REQUEST, 0, true],
    ['a schedule', rules, SCHEDULE, 1, true],
    ['a push', rules, {}, undefined, false],
    ['a merge request', allBut, MERGE_REQUEST, 0, false],
    ['a schedule', allBut, SCHEDULE, 1, false],
    ['a push', allBut, {}, 2, true],
  ] as const)('%s', async (_, list, world, index, included) => {
    const decision = await decide(list, world)
    expect(decision).toMatchObject({ included, problems: [] })
    expect(decision.rule).toBe(index === undefined ? undefined : list[index])
  })

  test('its reason is one line', async () => {
    expect(await decide([aRule(14, { if: '$CI_COMMIT_BRANCH == "main"' })])).toMatchObject({
      why: `rules[0] at line 14: if $CI_COMMIT_BRANCH == "main" is true: $CI_COMMIT_BRANCH is 'main'`,
    })
    expect(await decide(allBut)).toMatchObject({ why: 'rules[2] at line 7: when: on_success' })
    expect(await decide(allBut, SCHEDULE)).toMatchObject({
      why: expect.stringMatching(/^rules\[1\] at line 5: if .* is true: .*, when: never$/),
    })
    const elsewhere = { ...aRule(2, {}), at: { file: 'ci/base.yml', line: 2, column: 1 } }
    expect(await decide([elsewhere])).toMatchObject({ why: 'rules[0] at ci/base.yml:2: when: on_success' })
  })

  test('when none matches, the reason tells of each, up to three', async () => {
    const none = await decide([1, 2, 3, 4, 5].map(line => aRule(line, { if: `$V${line}` })))
    expect(none).toEqual({
      included: false,
      why:
        'no rule matches: rules[0] at line 1: if $V1 is false: $V1 is not set; rules[1] at line 2: if $V2 is ' +
        'false: $V2 is not set; rules[2] at line 3: if $V3 is false: $V3 is not set; and 2 more',
      problems: [],
    })
    expect(await decide([])).toMatchObject({ included: false, why: 'rules is empty' })
  })
})

describe('changes', () => {
  const changes = (...paths: string[]) => [aRule(3, { changes: { paths } })]
  const changed = { before: ['Dockerfile', 'src/a/b.ts', 'README.md'] }

  test.each<[readonly string[], boolean]>([
    [['Dockerfile'], true],
    [['docs/**/*', 'src/**/*'], true],
    [['src/*'], false],
    [['*.{md,txt}'], true],
    [['$FOLDER/**/*'], true],
    [['$NESTED/**/*'], true],
    [['$NONE'], false],
    [[], false],
  ])('%j: %s', async (paths, included) => {
    const variables = { FOLDER: 'src', NESTED: '$FOLDER/a' }
    for (const trigger of [{}, aMergeRequest()]) {
      expect((await decide(changes(...paths), { trigger, changed, variables })).included).toBe(included)
    }
  })

  test('a dollar that is no variable is part of the path', async () => {
    const decision = await decide(changes('a$b.txt'), { changed: { before: ['a$b.txt'] } })
    expect(decision.included).toBe(true)
  })

  test('the reason names the path and the pattern', async () => {
    expect((await decide(changes('src/**/*'), { changed })).why).toBe(
      'rules[0] at line 3: changes: src/a/b.ts matches src/**/*',
    )
    expect((await decide(changes('a', 'b', 'c', 'd'), { changed })).why).toBe(
      'no rule matches: rules[0] at line 3: changes: none of 3 paths matches a, b, c and 1 more',
    )
  })

  test.each([
    ['a tag', TAG],
    ['a schedule', SCHEDULE],
    ['a new branch', NEW_BRANCH],
    ['a pipeline by hand', { trigger: { event: 'manual' }, changed: { before: [] } }],
    ['the API', { trigger: { event: 'api' }, changed: { before: [] } }],
    ['a branch whose history is not there', {}],
  ] as const)('%s has nothing to compare with, so they hold', async (_, world) => {
    expect(await decide(changes('never-changed'), world)).toMatchObject({
      included: true,
      why: expect.stringContaining('nothing to compare with'),
    })
  })

  test('a push without a change has none', async () => {
    expect((await decide(changes('**/*'), { changed: { before: [] } })).included).toBe(false)
  })

  test('compare_to compares on any occasion, and may be a variable', async () => {
    const rules = (compareTo: string) => [aRule(3, { changes: { paths: ['**/*'], compareTo } })]
    const world: World = {
      ...TAG,
      changed: { 'refs/heads/main': ['a'], empty: [] },
      variables: { BASE: 'empty' },
    }
    expect((await decide(rules('refs/heads/main'), world)).included).toBe(true)
    expect((await decide(rules('$BASE'), world)).included).toBe(false)
  })

  test('compare_to has to be a ref', async () => {
    const rules = [aRule(3, { changes: { paths: ['*'], compareTo: 'gone' } }), aRule(5, { when: 'always' })]
    expect(await decide(rules)).toMatchObject({
      included: false,
      problems: [{ message: "changes: compare_to: there is no ref 'gone'", at: { line: 3 } }],
    })
  })

  test('after 50,000 checks they are taken to hold', async () => {
    const paths = Array.from({ length: 25_001 }, (_, i) => `f${i}`)
    expect((await decide(changes('a*', 'b*'), { changed: { before: paths } })).included).toBe(true)
    expect((await decide(changes('a*', 'b*'), { changed: { before: paths.slice(1) } })).included).toBe(false)
  })
})

describe('exists', () => {
  const exists = (...paths: string[]) => [aRule(3, { exists: { paths } })]
  const files = ['Dockerfile', 'docker/app/Dockerfile', 'src/a.test.ts']

  test.each<[readonly string[], boolean]>([
    [['Dockerfile'], true],
    [['dockerfile'], false],
    [['docker'], false],
    [['**/Dockerfile'], true],
    [['$DOCKERPATH'], true],
    [['*.ts'], false],
    [['**/*.test.ts'], true],
    [['no', 'none', 'src/*.ts'], true],
  ])('%j: %s', async (paths, included) => {
    const variables = { DOCKERPATH: '**/Dockerfile' }
    expect((await decide(exists(...paths), { files, variables })).included).toBe(included)
  })

  test('with patterns and more than 50,000 checks they are taken to hold; without patterns not', async () => {
    const many = { files: Array.from({ length: 50_001 }, (_, i) => `f${i}`) }
    expect(await decide(exists('*.none'), many)).toMatchObject({ included: true })
    expect(await decide(exists('none'), many)).toMatchObject({ included: false })
    expect(await decide(exists('*.none'), { files: many.files.slice(1) })).toMatchObject({ included: false })
  })

  test('in another project, at a ref', async () => {
    const asked: unknown[] = []
    const projectFiles = async (project: string, ref: string | undefined) => {
      asked.push([project, ref])
      return project === 'team/other' ? ['Dockerfile'] : undefined
    }
    const rules = (project: string) => [aRule(3, { exists: { paths: ['Dockerfile'], project, ref: '$REF' } })]
    const world: World = { projectFiles, variables: { REF: 'v1.0' } }
    expect(await decide(rules('team/other'), world)).toMatchObject({ included: true })
    expect(await decide(rules('team/none'), world)).toMatchObject({
      included: false,
      problems: [{ severity: 'error', at: { line: 3 } }],
    })
    expect(asked).toEqual([
      ['team/other', 'v1.0'],
      ['team/none', 'v1.0'],
    ])
  })
})

test("a reason does not tell a project's variables", async () => {
  const given = { TOKEN: 'hunter2', NONE: '', FOLDER: 'hidden-folder' }
  const rules = [
    aRule(3, { if: '$TOKEN == "x" || $NONE' }),
    aRule(4, { changes: { paths: ['$FOLDER/*'], compareTo: 'main' } }),
    aRule(5, { exists: { paths: ['$FOLDER/*'] } }),
  ]
  const { why } = await decide(rules, { given, changed: { main: [] } })
  expect(why).toBe(
    'no rule matches: rules[0] at line 3: if $TOKEN == "x" || $NONE is false: $TOKEN is set for the project, ' +
      '$NONE is empty; rules[1] at line 4: changes: none of 0 paths matches $FOLDER/*; rules[2] at line 5: ' +
      'exists: none of 0 paths matches $FOLDER/*',
  )
  const gone = [aRule(3, { changes: { paths: ['*'], compareTo: '$TOKEN' } })]
  expect(JSON.stringify(await decide(gone, { given }))).not.toContain('hunter2')
})

test('all clauses of a rule have to hold', async () => {
  const rule = (when?: 'manual') =>
    aRule(3, {
      if: '$VAR == "x"',
      changes: { paths: ['a'] },
      exists: { paths: ['b'] },
      ...(when && { when }),
    })
  const world = { variables: { VAR: 'x' }, changed: { before: ['a'] }, files: ['b'] }
  expect(await decide([rule('manual')], world)).toMatchObject({
    included: true,
    why: `rules[0] at line 3: if $VAR == "x" is true: $VAR is 'x', and changes: a, and exists: b`,
  })
  expect((await decide([rule()], { ...world, variables: {} })).included).toBe(false)
  expect((await decide([rule()], { ...world, changed: { before: ['c'] } })).included).toBe(false)
  expect((await decide([rule()], { ...world, files: [] })).included).toBe(false)
})

describe('what cannot be read', () => {
  test('is told for all conditions at once, those after the one that matches too', async () => {
    const rules = [
      aRule(3, { when: 'always' }),
      aRule(4, { if: '$A = 1' }),
      aRule(5, { if: '$A =~ /(?=a)/' }),
    ]
    const { included, problems } = await decide(rules)
    expect(included).toBe(false)
    expect(problems).toMatchObject([
      { severity: 'error', at: { line: 4, column: 10 } },
      { severity: 'error', at: { line: 5, column: 14 }, message: expect.stringContaining('a lookahead') },
    ])
  })

  test('is the same finding each time, for the jobs of a matrix', async () => {
    const occasion = anOccasion()
    const rules = [aRule(4, { if: '$A = 1' }), aRule(5, { exists: { paths: ['{a,b}'.repeat(40)] } })]
    const found = new Set()
    for (let i = 0; i < 3; i++) {
      for (const each of (await decideRules(rules, occasion)).problems) found.add(each)
      for (const each of (await decideRules(rules.slice(1), occasion)).problems) found.add(each)
    }
    expect(found.size).toBe(2)
  })

  test('a warning keeps nothing out', async () => {
    expect(await decide([aRule(3, { if: '$A != /ab/' })])).toMatchObject({
      included: true,
      problems: [{ severity: 'warning', hint: 'write !~' }],
    })
  })

  test('patterns without end in sight end in one', async () => {
    const text = 'ab'.repeat(60_000)
    const rules = Array.from({ length: 400 }, (_, i) =>
      aRule(i + 1, { if: `$TEXT =~ /^([a-z]{900})*${i}x/` }),
    )
    const { included, problems } = await decide(rules, { variables: { TEXT: text } })
    expect(included).toBe(false)
    expect(problems.at(-1)).toMatchObject({ message: expect.stringContaining('take too long') })
  })
})

describe('workflow and include', () => {
  test('without rules there is a pipeline, and the file is included', async () => {
    expect(await decideWorkflow(undefined, anOccasion())).toMatchObject({ included: true })
    expect(await decideIncludeRules(undefined, anOccasion())).toMatchObject({ included: true })
  })

  test('switching between branch and merge request pipelines', async () => {
    const rules = [
      aRule(3, { if: '$CI_PIPELINE_SOURCE == "merge_request_event"' }),
      aRule(4, { if: '$CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS', when: 'never' }),
      aRule(6, { if: '$CI_COMMIT_BRANCH' }),
    ]
    expect(await decideWorkflow(rules, anOccasion(MERGE_REQUEST))).toMatchObject({ rule: rules[0] })
    expect(await decideWorkflow(rules, anOccasion())).toMatchObject({ rule: rules[2], included: true })
    const tag = await decideWorkflow(rules, anOccasion(TAG))
    expect(tag).toMatchObject({
      included: false,
      why: expect.stringContaining('workflow:rules[0] at line 3'),
    })
    const merged = anOccasion({ variables: { CI_OPEN_MERGE_REQUESTS: 'team/digits!7' } })
    expect(await decideWorkflow(rules, merged)).toMatchObject({ included: false, rule: rules[1] })
  })

  test('an include for one branch, and one for a file', async () => {
    const onMain = [aRule(3, { if: '$CI_COMMIT_REF_NAME == "main"' })]
    expect((await decideIncludeRules(onMain, anOccasion())).included).toBe(true)
    expect((await decideIncludeRules(onMain, anOccasion(TAG))).included).toBe(false)
    const forFile = [{ at: place(2), exists: { paths: ['file.md'] } }]
    expect((await decideIncludeRules(forFile, anOccasion({ files: ['file.md'] }))).included).toBe(true)
  })
})
