import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_DIAGNOSTICS } from '../findings.ts'
import { MAX_FILE_BYTES } from './limits.ts'
import { load } from './test-load.ts'

const many = (count: number, line: (i: number) => string, separator = '\n') =>
  Array.from({ length: count }, (_, i) => line(i)).join(separator)
const times = (count: number, text: string) => Array(count).fill(text).join(',')

describe('a file that would cost too much ends in a finding', () => {
  test.each([
    [
      'a bomb of aliases',
      `a0: &a0 [x]\n${many(12, i => `a${i + 1}: &a${i + 1} [${times(9, `*a${i}`)}]`)}`,
      'more than 150000 values',
    ],
    ['an alias of itself', 'a: &a [*a]', 'nested more than 100 deep'],
    [
      'merge keys of merge keys',
      `a0: &a0 {k: x}\n${many(12, i => `a${i + 1}: &a${i + 1} {${many(9, k => `k${k}: {<<: *a${i}}`, ', ')}}`)}`,
      'more than 150000 values',
    ],
    ['open brackets', '['.repeat(100_000), 'nested more than 100 deep'],
    ['brackets', `a: ${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'nested more than 100 deep'],
    ['dashes', '- '.repeat(50_000), 'nested more than 100 deep'],
    ['indentation', many(900, i => `${' '.repeat(i)}k:`), 'nested more than 100 deep'],
    ['more bytes than a file may have', `# ${'x'.repeat(MAX_FILE_BYTES)}`, 'larger than 1024 KiB'],
    ['more words than a parser can hold', `a: [${times(200_000, 'x')}]`, 'more than 200000 words and signs'],
    [
      'a large base in many jobs',
      `.b: {variables: {${many(3000, i => `V${i}: a`, ', ')}}}\n${many(2000, i => `j${i}: {extends: .b, script: x}`)}`,
      'more than 500000 values',
    ],
    [
      'a large base that many jobs change',
      `.b: {variables: {${many(3000, i => `V${i}: a`, ', ')}}}\n${many(2000, i => `j${i}: {extends: .b, variables: {A: b}}`)}`,
      'more than 500000 values',
    ],
    [
      'a long script in many jobs',
      `.b: {script: ["${'x'.repeat(100_000)}"]}\n${many(2000, i => `j${i}: {extends: .b}`)}`,
      'more than 16777216 characters',
    ],
    [
      'bases of bases of bases',
      `.x0: {script: x}\n${many(1500, i => `.x${i + 1}: {extends: [.x${i}, .x${i}]}`)}`,
      'extends over more than 11 levels',
    ],
    [
      'references that double',
      `.x0: {s: [a, b]}\n${many(25, i => `.x${i + 1}: {s: [${times(2, `!reference [.x${i}, s]`)}]}`)}\nj: {script: !reference [.x25, s]}`,
      'nested over more than 10 references',
    ],
    [
      'references to lists, ninefold',
      `.x0: {s: [a, b]}\n${many(9, i => `.x${i + 1}: {s: [${times(9, `!reference [.x${i}, s]`)}]}`)}\nj: {script: !reference [.x9, s]}`,
      'more than 500000 values',
    ],
    [
      'references to maps, ninefold',
      `.x0: {s: {a: b}}\n${many(9, i => `.x${i + 1}: {s: {${many(9, k => `k${k}: !reference [.x${i}, s]`, ', ')}}}`)}\nj: {variables: !reference [.x9, s]}`,
      'more than 500000 values',
    ],
    [
      'a long chain of references',
      `.x0: {s: a}\n${many(5000, i => `.x${i + 1}: {s: !reference [.x${i}, s]}`)}\nj: {script: !reference [.x5000, s]}`,
      'nested over more than 10 references',
    ],
    [
      'a large input in many places',
      `spec: {inputs: {x: {default: ${'x'.repeat(100_000)}}}}\n---\nj: {script: "${'$[[ inputs.x ]]'.repeat(5000)}"}`,
      'Inputs write more than 4194304 characters',
    ],
    [
      'an input of many values in many places',
      `spec: {inputs: {x: {type: array, default: [${times(5000, 'a')}]}}}\n---\nj: {script: [${times(2000, '$[[ inputs.x ]]')}]}`,
      'more than 500000 values',
    ],
    [
      'too many blocks',
      `spec: {inputs: {x: {default: a}}}\n---\nj: {script: "${'$[[ inputs.x ]]'.repeat(10_001)}"}`,
      'more than 10000 $[[ ]]',
    ],
  ])('%s', async (_, text, problem) => {
    const { problems, jobs } = await load(text)
    expect(problems.join('\n')).toContain(problem)
    expect(jobs).toEqual({})
  })

  test('files that include each other twice are read once each', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [
        `f${i}.yml`,
        i < 99 ? `include: [f${i + 1}.yml, f${i + 1}.yml]` : 'j: {script: x}',
      ]),
    )
    const { problems } = await load({ files: { '.gitlab-ci.yml': 'include: f0.yml', ...files } })
    expect(problems.join()).toContain('More than 150 files are included')
  })

  test('an include that grows its own input', async () => {
    const files = {
      '.gitlab-ci.yml': 'include: {local: a.yml, inputs: {x: a}}',
      'a.yml':
        'spec: {inputs: {x: }}\n---\ninclude: {local: a.yml, inputs: {x: "$[[ inputs.x ]]$[[ inputs.x ]]"}}',
    }
    expect((await load({ files })).problems.join()).toContain('Inputs write more than')
  })

  test('many large files', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`f${i}.yml`, `j${i}: {script: "${'x'.repeat(500_000)}"}`]),
    )
    const { problems } = await load({ files: { '.gitlab-ci.yml': 'include: "f*.yml"', ...files } })
    expect(problems.join()).toContain('All files together are larger than 4096 KiB')
  })
})

test('2,000 jobs that each extend three others load', async () => {
  const text = `.a: {script: [x]}\n.b: {tags: [t]}\n.c: {image: i}\n${many(2000, i => `j${i}: {extends: [.a, .b, .c], variables: {I: "${i}"}}`)}`
  const { jobs, problems } = await load(text)
  expect(problems).toEqual([])
  expect(Object.keys(jobs)).toHaveLength(2000)
  expect(jobs['j7']).toEqual({ script: ['x'], tags: ['t'], image: 'i', variables: { I: '7' } })
})

test.each([
  ['bases', (i: number) => `job-number-${i}: {extends: .base-number-${i}}`],
  ['references', (i: number) => `job-number-${i}: {script: [!reference [.base-number-${i}, s]]}`],
])('a flood of unknown %s is told up to a limit', async (_, line) => {
  expect((await load(many(1500, line))).problems).toHaveLength(MAX_DIAGNOSTICS)
})

test('errors are not crowded out by warnings', async () => {
  const { problems } = await load(`${many(200, i => `v${i}: 0755`)}\nj: {extends: .nothing}`)
  expect(problems.join()).toContain("extends '.nothing'")
})

test('any text whatever loads or gives an error with its place, and never throws', async () => {
  const scraps = fc.constantFrom(
    ...[
      'j',
      'script',
      'extends',
      'include',
      'spec',
      'inputs',
      '.a',
      ': ',
      '\n',
      '  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      ', ',
    ],
    ...[
      '&a ',
      '*a',
      '<<',
      '!reference ',
      '!!str ',
      '$[[ inputs.x ]]',
      '$[[',
      ']]',
      '"',
      "'",
      '|',
      '>',
      '#',
      '---',
      '\n---\n',
    ],
    ...[
      'x',
      '~',
      '0755',
      '? ',
      '%',
      '\u0000',
      '\uE000',
      '\t',
      '.gitlab-ci.yml',
      '*.yml',
      'null',
      'local',
      '__proto__',
    ],
  )
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(scraps, { maxLength: 40 }).map(all => all.join('')),
  )
  await fc.assert(
    fc.asyncProperty(texts, async text => {
      const { problems, jobs, globals } = await load(text)
      for (const problem of problems) expect(problem).toMatch(/^[^\n]*:\d+:\d+: (error|warning): /)
      if (problems.some(problem => problem.includes(': error: '))) expect({ ...jobs, ...globals }).toEqual({})
    }),
    { numRuns: 1000 },
  )
})
