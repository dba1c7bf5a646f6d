import { type Case, many, ruled, times, type World } from './world.ts'

const MEBIBYTE = 1_048_576
const hostile = (name: string, make: () => string | World, kind: Case['kind'] = 'hostile'): Case => ({
  kind,
  name,
  make() {
    const made = make()
    return typeof made === 'string' ? { text: made } : made
  },
})
const either = (name: string, make: () => string | World): Case => hostile(name, make, 'either')

/** Paths of a large repository. */
const PATHS = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `src/part${i % 100}/module${i}/${'a'.repeat(40)}${i}.ts`)

const YAML: readonly Case[] = [
  hostile('aliases of aliases, ninefold', () => {
    return `a0: &a0 [x]\n${many(12, i => `a${i + 1}: &a${i + 1} [${times(9, `*a${i}`)}]`)}`
  }),
  hostile('merge keys of merge keys', () => {
    const line = (i: number) => `a${i + 1}: &a${i + 1} {${many(9, k => `k${k}: {<<: *a${i}}`, ', ')}}`
    return `a0: &a0 {k: x}\n${many(12, line)}`
  }),
  hostile('merge keys with thousands of entries', () => {
    const base = `.b: &b {${many(5000, i => `k${i}: x`, ', ')}}`
    return `${base}\n${many(5000, i => `j${i}: {<<: *b, script: x}`)}`
  }),
  hostile('merge keys that list a map a thousand times', () => {
    const base = `.b: &b {${many(1000, i => `k${i}: x`, ', ')}}`
    return `${base}\n${many(100, i => `j${i}: {<<: [${times(1000, '*b')}], script: x}`)}`
  }),
  hostile('100,000 open brackets', () => '['.repeat(100_000)),
  hostile('100,000 brackets', () => `a: ${'['.repeat(100_000)}${']'.repeat(100_000)}`),
  hostile('dashes', () => '- '.repeat(100_000)),
  hostile('indentation', () => many(1400, i => `${' '.repeat(i)}k:`)),
  hostile('a million documents', () => '---\n'.repeat(250_000)),
  hostile('200,000 directives', () => '%FOO x\n'.repeat(140_000)),
  hostile('a mistake in each of 90,000 lines', () => 'a: b: c\n'.repeat(90_000)),
  hostile('tabs in each line', () => '\tx\n'.repeat(200_000)),
  hostile('tags in each line', () => many(40_000, i => `k${i}: !t${i} x`)),
  hostile('quotes that never end', () => many(100_000, () => 'a: "')),
  hostile('equal keys', () => many(60_000, () => 'k: x')),
  hostile('keys of an object', () => {
    return `${many(500, () => '__proto__: {script: x}\nconstructor: {script: x}')}\ntoString: {extends: __proto__}`
  }),
  either('a scalar of a mebibyte', () => `j: {script: "${'x'.repeat(MEBIBYTE - 100)}"}`),
  either('a folded scalar of short lines', () => `j:\n  script: >\n${'    x\n'.repeat(170_000)}`),
  either('4 MiB of scalars in five files', () => {
    const body = (f: number) => many(120, i => `f${f}j${i}: {script: ["${'x'.repeat(6500)}"]}`)
    return {
      text: 'include: "f*.yml"\nj: {script: x}',
      files: Object.fromEntries([0, 1, 2, 3, 4].map(f => [`f${f}.yml`, body(f)])),
    }
  }),
]

const MERGING: readonly Case[] = [
  hostile('a chain of 10,000 extends', () => {
    return `.x0: {script: x}\n${many(10_000, i => `.x${i + 1}: {extends: .x${i}}`)}\nj: {extends: .x10000}`
  }),
  hostile('diamonds of extends', () => {
    return `.x0: {script: x}\n${many(5000, i => `.x${i + 1}: {extends: [.x${i}, .x${i}]}`)}`
  }),
  either('ten levels of ten bases', () => {
    const level = (l: number) =>
      many(
        10,
        i =>
          `.l${l}b${i}: {extends: [${many(10, k => `.l${l - 1}b${k}`, ', ')}], variables: {V${l}x${i}: a}}`,
      )
    const first = many(10, i => `.l0b${i}: {variables: {V0x${i}: a}, script: x}`)
    return `${first}\n${many(9, l => level(l + 1))}\n${many(500, i => `j${i}: {extends: [${many(10, k => `.l9b${k}`, ', ')}]}`)}`
  }),
  hostile('a large base in many jobs', () => {
    return `.b: {variables: {${many(3000, i => `V${i}: a`, ', ')}}}\n${many(2000, i => `j${i}: {extends: .b, variables: {A: b}, script: x}`)}`
  }),
  hostile('a circle of extends', () => many(5000, i => `j${i}: {extends: j${(i + 1) % 5000}, script: x}`)),
  hostile('references that double', () => {
    return `.x0: {s: [a, b]}\n${many(25, i => `.x${i + 1}: {s: [${times(2, `!reference [.x${i}, s]`)}]}`)}\nj: {script: !reference [.x25, s]}`
  }),
  hostile('references, ninefold', () => {
    return `.x0: {s: [a, b]}\n${many(9, i => `.x${i + 1}: {s: [${times(9, `!reference [.x${i}, s]`)}]}`)}\nj: {script: !reference [.x9, s]}`
  }),
  hostile('references to a long list in many jobs', () => {
    return `.x: {s: [${times(5000, 'a')}]}\n${many(4000, i => `j${i}: {script: [!reference [.x, s], x]}`)}`
  }),
  hostile('files that include each other', () => ({
    text: 'include: a.yml',
    files: { 'a.yml': 'include: b.yml', 'b.yml': 'include: a.yml' },
  })),
  hostile('files that include the next twice', () => ({
    text: 'include: f0.yml',
    files: Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`f${i}.yml`, `include: [f${i + 1}.yml, f${i + 1}.yml]`]),
    ),
  })),
  either('150 files of 2,000 words', () => ({
    text: 'include: "f*.yml"\nj: {script: x}',
    files: Object.fromEntries(
      Array.from({ length: 149 }, (_, f) => [`f${f}.yml`, many(100, i => `f${f}j${i}: {script: x}`)]),
    ),
  })),
  hostile('a wildcard over 50,000 files', () => ({
    text: `include: "${'**/*'.repeat(100)}.yml"`,
    paths: PATHS(50_000),
  })),
  hostile('100 wildcards over 50,000 files', () => ({
    text: `include: [${many(100, i => `"src/**/*${'*a'.repeat(20)}${i}.yml"`, ', ')}]`,
    paths: PATHS(50_000),
  })),
  hostile('rules of includes over 50,000 files', () => ({
    text: `include: [${many(100, i => `{local: f.yml, rules: [{exists: ["**/*${'*a'.repeat(20)}${i}.yml"]}]}`, ', ')}]`,
    paths: PATHS(50_000),
  })),
  hostile('a large input in 5,000 places', () => {
    return `spec: {inputs: {x: {default: ${'x'.repeat(100_000)}}}}\n---\nj: {script: "${'$[[ inputs.x ]]'.repeat(5000)}"}`
  }),
  hostile('a list as input in 2,000 places', () => {
    return `spec: {inputs: {x: {type: array, default: [${times(5000, 'a')}]}}}\n---\nj: {script: [${times(2000, '$[[ inputs.x ]]')}]}`
  }),
  hostile('10,001 blocks', () => {
    return `spec: {inputs: {x: {default: a}}}\n---\nj: {script: "${'$[[ inputs.x ]]'.repeat(10_001)}"}`
  }),
  hostile('blocks in blocks', () => {
    return `spec: {inputs: {x: {default: a}}}\n---\nj: {script: "${'$[['.repeat(60_000)}${']]'.repeat(60_000)}"}`
  }),
  hostile('an include that grows its own input', () => ({
    text: 'include: {local: a.yml, inputs: {x: a}}',
    files: {
      'a.yml':
        'spec: {inputs: {x: }}\n---\ninclude: {local: a.yml, inputs: {x: "$[[ inputs.x ]]$[[ inputs.x ]]"}}',
    },
  })),
]

const JOBS: readonly Case[] = [
  hostile('a matrix of 50^5', () => {
    const values = `[${many(50, i => `${i}`, ', ')}]`
    return `j: {script: x, parallel: {matrix: [{${many(5, i => `V${i}: ${values}`, ', ')}}]}}`
  }),
  hostile('2,000 matrices of 200', () => {
    const values = many(200, i => `${i}`, ', ')
    return `.m: &m {matrix: [{N: [${values}]}]}\n.b: {script: x, parallel: {matrix: [{N: [${values}]}]}}\n${many(2000, i => `j${i}: {extends: .b}`)}`
  }),
  hostile('selectors among matrices of 200', () => {
    const values = many(200, i => `v${i}`, ', ')
    const matrix = `{matrix: [{N: [${values}]}]}`
    return `.m: {parallel: ${matrix}, script: x}\na: {extends: .m}\n.n: {needs: [${many(180, i => `{job: a, parallel: {matrix: [{N: [${values}]}, {N: [v${i}]}]}}`, ', ')}]}\n${many(20, i => `j${i}: {extends: [.m, .n]}`)}`
  }),
  hostile('needs in a circle of 2,000', () => {
    return many(2000, i => `j${i}: {script: x, needs: [j${(i + 1) % 2000}]}`)
  }),
  hostile('needs in 200 tangled circles', () => {
    return many(
      2000,
      i => `j${i}: {script: x, needs: [${many(8, k => `j${(i * 7 + k * 13 + 1) % 2000}`, ', ')}]}`,
    )
  }),
  hostile('each of 2,000 needs 200 that are not there', () => {
    return `.b: {script: x, needs: [${many(200, i => `job-number-${i}`, ', ')}]}\n${many(2000, i => `jab-number-${i}: {extends: .b}`)}`
  }),
  hostile('each of 5,000 jobs needs 200', () => {
    return `${many(200, i => `a${i}: {script: x, stage: .pre}`)}\n.b: {script: x, needs: [${many(200, i => `a${i}`, ', ')}]}\n${many(4700, i => `j${i}: {extends: .b}`)}`
  }),
  hostile('a flood of unknown keys', () => many(8000, i => `j${i}: {script: x, scrpt: y, bogus${i}: 1}`)),
  hostile('a flood of bad values', () => many(5000, i => `j${i}: {script: {a: b}, retry: 99, when: nevr}`)),
  hostile('unknown stages', () => many(6000, i => `job${i}: {script: x, stage: stage-number-${i}}`)),
  hostile('20,000 jobs', () => many(20_000, i => `j${i}: {script: x}`)),
  hostile('names with NULs, lone surrogates and marks of direction', () => {
    const bad = ['\\0', '\\ud800', '\\u202e', '\\x1b[31m', '\\u2028', '\\uFEFF']
    return many(3000, i => `"j${i}${bad[i % bad.length]}": {script: {x: "\\0"}, stage: "\\u202e${i}"}`)
  }),
  either('NULs and lone surrogates in texts', () => ({
    text: many(2000, i => `j${i}: {script: ["echo \\0 \\ud800 \\u202e"], variables: {A: "\\udc00"}}`),
    words: '\u0000\ud800\u202e\u001b[31m'.repeat(10_000),
  })),
]

const RULES: readonly Case[] = [
  either('nested repetitions in a pattern', () => ({
    text: ruled(500, () => 'if: "$CI_COMMIT_MESSAGE =~ /^(a+)+$/"'),
    words: `${'a'.repeat(60_000)}!`,
  })),
  hostile('repetitions of repetitions', () => {
    return ruled(1000, i => `if: "$CI_COMMIT_REF_NAME =~ /((a{1,100}){1,100}){1,${i + 1}}/"`)
  }),
  either('5,000 different patterns', () => ({
    text: ruled(5000, i => `if: "$CI_COMMIT_MESSAGE =~ /(x+x+)+${i}(a|b|ab)*c{1,50}$/"`),
    words: 'x'.repeat(20_000),
  })),
  either('classes of Unicode', () => {
    return ruled(2000, i => `if: "$CI_COMMIT_REF_NAME =~ /[\\\\p{L}\\\\p{N}\\\\p{S}]{1,30}${i}/i"`)
  }),
  hostile('a condition of 60,000 brackets', () => {
    return `j: {script: x, rules: [{if: "${'('.repeat(60_000)}$A${')'.repeat(60_000)}"}]}`
  }),
  either('a condition of 20,000 comparisons', () => {
    return `j: {script: x, rules: [{if: '${times(20_000, '$A == "b"').replaceAll(', ', ' || ')}'}, {when: always}]}`
  }),
  either('2,000 jobs of 50 long conditions', () => {
    const condition = times(30, '$CI_COMMIT_REF_NAME == "b"').replaceAll(', ', ' || ')
    return `.b: {script: x, rules: [${times(50, `{if: '${condition}'}`)}, {when: always}]}\n${many(2000, i => `j${i}: {extends: .b}`)}`
  }),
  either('stars over 50,000 files', () => ({
    text: ruled(1000, i => `exists: ["**/*${'*a'.repeat(100)}${i}"]`),
    paths: PATHS(50_000),
  })),
  either('stars over 900 long paths', () => ({
    text: ruled(2000, i => `exists: [${many(40, k => `"**/${'*a'.repeat(200)}${i}x${k}"`, ', ')}]`),
    paths: Array.from({ length: 900 }, (_, i) => `${'a/'.repeat(2000)}${i}`),
  })),
  hostile('braces that multiply', () => ({
    text: ruled(2000, i => `exists: ["${'{a,b}'.repeat(60)}${i}"]`),
    paths: PATHS(50_000),
  })),
  either('braces of 256 paths', () => ({
    text: ruled(2000, i => `exists: ["${'{a*,b*}'.repeat(8)}${i}"]`),
    paths: PATHS(50_000),
  })),
]

const VARIABLES: readonly Case[] = [
  either('variables that double', () => {
    const lines = many(60, i => `V${i + 1}: "$V${i}$V${i}"`, ', ')
    return many(200, i => `j${i}: {script: x, variables: {V0: xxxxxxxx, ${lines}}, resource_group: "$V60"}`)
  }),
  either('variables in a circle', () => {
    const lines = many(2000, i => `V${i}: "$V${(i + 1) % 2000}"`, ', ')
    return `variables: {${lines}}\n${many(500, i => `j${i}: {script: x, environment: "e/$V${i}"}`)}`
  }),
  either('each of 300 variables names all others, in 1,000 jobs', () => {
    const all = many(300, i => `$V${i}`, '')
    const lines = many(300, i => `V${i}: "${i % 10 === 0 ? all : 'x'}"`, ', ')
    return `variables: {${lines}}\n${many(1000, i => `j${i}: {script: x, tags: ["$V1"], resource_group: g}`)}`
  }),
  either('names that put in a large value', () => ({
    text: many(2000, i => `j${i}: {script: x, resource_group: "${'$BIG'.repeat(15)}"}`),
    variables: { BIG: 'x'.repeat(60_000) },
  })),
  either('addresses that put in a large value', () => ({
    text: many(2000, i => `j${i}: {script: x, environment: {name: e, url: "https://${'$BIG'.repeat(15)}"}}`),
    variables: { BIG: 'x'.repeat(60_000) },
  })),
  either('2,000 jobs of 50 paths with a large value', () => ({
    text: `.b: {script: x, rules: [{exists: [${many(50, i => `"$BIG${i}"`, ', ')}]}, {when: always}]}\n${many(2000, i => `j${i}: {extends: .b}`)}`,
    variables: { BIG: 'x'.repeat(400) },
    paths: PATHS(50_000),
  })),
]

/** Files that somebody writes to bring the compiler down. */
export const HOSTILE: readonly Case[] = [...YAML, ...MERGING, ...JOBS, ...RULES, ...VARIABLES]
