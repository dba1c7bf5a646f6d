import fc from 'fast-check'
import { expect, describe as group, test } from 'vitest'
import { describe } from './describe.ts'
import { evaluate } from './evaluate.ts'
import { parseExpression } from './parse.ts'
import { problemDiagnostic } from './place.ts'
import { printExpression } from './print.ts'
import type { Expression } from './types.ts'
import { Work } from './work.ts'

type Values = Readonly<Record<string, string>>

function parsed(text: string): Expression {
  const result = parseExpression(text)
  if (result.kind === 'problem') throw new Error(`${text}: ${JSON.stringify(result.problem)}`)
  return result.expression
}

const reader = (values: Values) => (name: string) => (Object.hasOwn(values, name) ? values[name] : undefined)
const holds = (text: string, values: Values = {}) => evaluate(parsed(text), reader(values))

group('what a condition comes to', () => {
  test.each<[string, Values, boolean]>([
    // Strings, in quotes of both kinds.
    ['$VARIABLE == "some value"', { VARIABLE: 'some value' }, true],
    ["$VARIABLE == 'some value'", { VARIABLE: 'some value' }, true],
    ['$VARIABLE == "some value"', { VARIABLE: 'Some value' }, false],
    ['$VARIABLE != "some value"', { VARIABLE: 'other' }, true],
    ['$VARIABLE != "some value"', {}, true],
    [`$VARIABLE == 'say "x"'`, { VARIABLE: 'say "x"' }, true],
    ['$VARIABLE == "a\\n"', { VARIABLE: 'a\\n' }, true],
    ['"x" == $VARIABLE', { VARIABLE: 'x' }, true],
    // Two variables.
    ['$VARIABLE_1 == $VARIABLE_2', { VARIABLE_1: 'a', VARIABLE_2: 'a' }, true],
    ['$VARIABLE_1 != $VARIABLE_2', { VARIABLE_1: 'a', VARIABLE_2: 'b' }, true],
    ['$VARIABLE_1 == $VARIABLE_2', {}, true],
    // Not defined, empty, defined.
    ['$VARIABLE == null', {}, true],
    ['$VARIABLE == null', { VARIABLE: '' }, false],
    ['$VARIABLE != null', { VARIABLE: '' }, true],
    ['$VARIABLE == ""', { VARIABLE: '' }, true],
    ['$VARIABLE == ""', {}, false],
    ['$VARIABLE != ""', {}, true],
    ['$VARIABLE', { VARIABLE: 'false' }, true],
    ['$VARIABLE', { VARIABLE: '' }, false],
    ['$VARIABLE', {}, false],
    ['$__proto__', {}, false],
    ['$constructor == null', {}, true],
    // Values are not expanded.
    ['$VARIABLE == null', { VARIABLE: '$UNDEFINED' }, false],
    // Negation binds tighter than a comparison.
    ['!$VARIABLE', {}, true],
    ['!!$VARIABLE', { VARIABLE: 'x' }, true],
    ['!$VARIABLE == "true"', { VARIABLE: 'x' }, false],
    ['!$VARIABLE == "false"', { VARIABLE: 'x' }, true],
    ['"false" == !$VARIABLE', { VARIABLE: 'x' }, true],
    ['!($VARIABLE == "x")', { VARIABLE: 'x' }, false],
    ['$VARIABLE == true', { VARIABLE: 'true' }, true],
    ['true && false', {}, false],
    // Groups as operands.
    ['($VARIABLE) == "x"', { VARIABLE: 'x' }, true],
    ['($A || $B) == "x"', { B: 'x' }, true],
    ['("string" || "test") == "string"', {}, true],
    ['"string" == ("test" && "string")', {}, true],
    ['"string" == ("test" || "string")', {}, false],
    ['"string" == "test" || "string"', {}, true],
    ['"string" == ("string" || (("1" == "1") && ("2" == "3")))', {}, true],
    ['null || ("test" == "string")', {}, false],
    ['$A && null || $EMPTY == ""', { A: 'a', EMPTY: '' }, true],
  ])('%s with %j is %s', (text, values, expected) => {
    expect(holds(text, values)).toBe(expected)
  })

  test.each<[string, Values, boolean]>([
    ['$VARIABLE =~ /^content.*/', { VARIABLE: 'content-1' }, true],
    ['$VARIABLE =~ /^content.*/', { VARIABLE: 'a content' }, false],
    ['$VARIABLE !~ /^content.*/', { VARIABLE: 'a content' }, true],
    ['$VARIABLE =~ /issue/', { VARIABLE: 'severe-issues' }, true],
    ['$VARIABLE =~ /^issue-/', { VARIABLE: 'Issue-1' }, false],
    ['$VARIABLE =~ /^issue-/i', { VARIABLE: 'Issue-1' }, true],
    ['$VARIABLE =~ /^b$/', { VARIABLE: 'a\nb\nc' }, false],
    ['$VARIABLE =~ /^b$/m', { VARIABLE: 'a\nb\nc' }, true],
    ['$VARIABLE =~ /a.b/', { VARIABLE: 'a\nb' }, false],
    ['$VARIABLE =~ /a.b/s', { VARIABLE: 'a\nb' }, true],
    ['$VARIABLE =~ /A.b/sim', { VARIABLE: 'a\nb' }, true],
    ['$VARIABLE =~ /^feature\\/.+$/', { VARIABLE: 'feature/x' }, true],
    ['$VARIABLE =~ /a\\x40b/', { VARIABLE: 'a@b' }, true],
    ['$VARIABLE =~ /^v\\d+/ && $VARIABLE !~ /rc$/', { VARIABLE: 'v1-rc' }, false],
    ['$VARIABLE =~ /^ab/', {}, false],
    ['$VARIABLE !~ /^ab/', {}, true],
    // Variables in a pattern are not resolved.
    ['$CI_JOB_NAME =~ /$string1/', { CI_JOB_NAME: 'regex-job1', string1: 'regex-job1' }, false],
    // A pattern in a variable.
    ['$teststring =~ $pattern', { teststring: 'abcde', pattern: '/^ab.*/' }, true],
    ['$teststring =~ $pattern', { teststring: 'fghij', pattern: '/^ab.*/' }, false],
    ['$teststring =~ $pattern', { teststring: 'ABC', pattern: '/^ab/i' }, true],
    ['$teststring !~ $pattern', { teststring: 'fghij', pattern: '/^ab.*/' }, true],
    ['$teststring =~ $pattern', { teststring: 'x' }, false],
    ['$teststring !~ $pattern', { teststring: 'x' }, true],
    // What is no pattern is searched for the left side.
    ['"23" =~ "1234"', {}, true],
    ['"23" =~ /1234/', {}, false],
    ['$VARIABLE =~ $text', { VARIABLE: '23', text: '1234' }, true],
    ['$VARIABLE =~ $text', { VARIABLE: '1234', text: '23' }, false],
  ])('%s with %j is %s', (text, values, expected) => {
    expect(holds(text, values)).toBe(expected)
  })

  const T = { T: 'x' }
  test.each<[string, boolean]>([
    ['$T && $T || $F', true],
    ['$T || $T && $F', true],
    ['($T || $T) && $F', false],
    ['$F || $F && $T', false],
    ['$F && $T || $T', true],
    ['$T == "no" && $T == "x" || $T', true],
    ['$T || $T == "x" && $T == "no"', true],
    ['($T =~ /^nn/ || $T) && ($F =~ /thing$/ || $T)', true],
    ['$F == "my-branch" || (($T == "thing" || $T == "x") && $T)', true],
  ])('%s is %s', (text, expected) => {
    expect(holds(text, T)).toBe(expected)
  })

  test('an empty variable makes no conjunction true, on either side', () => {
    expect(holds('$EMPTY && $T', { EMPTY: '', T: 'x' })).toBe(false)
    expect(holds('$T && $EMPTY', { EMPTY: '', T: 'x' })).toBe(false)
  })
})

group('what cannot be read', () => {
  test.each([
    ['', { offset: 0, found: 'the end' }],
    ['$A ==', { offset: 5, found: 'the end' }],
    ['$A "x"', { offset: 3, expected: '&&, || or the end', found: '"x"' }],
    ['($A', { offset: 3, expected: ')', found: 'the end' }],
    ['$A)', { offset: 2, found: ')' }],
    ['$A = "x"', { offset: 3, found: '=', hint: 'write == or =~' }],
    ['$A & $B', { offset: 3, hint: 'write &&' }],
    ['A == "x"', { offset: 0, found: 'A', hint: 'write $A, or "A"' }],
    ['$A == nul', { offset: 6, hint: 'write null' }],
    ['$' + '{A} == "x"', { offset: 0, hint: 'write $A: conditions know no braces' }],
    ['$[[ inputs.x ]]', { offset: 0, message: 'This input has not been replaced' }],
    ['$A == "x', { offset: 6, message: 'The string has no end' }],
    ['$A =~ /x', { offset: 6, message: 'The pattern has no end' }],
    ['$A =~ /./', { offset: 6, found: '/./' }],
    ['$A =~ /ab/x', { offset: 10, message: 'Unknown flag of a pattern', found: 'x' }],
    ['/ab/ =~ $A', { offset: 5, message: 'A pattern stands on the right of =~' }],
    ['$A =~ /^(?!main)/', { offset: 8, message: "RE2 patterns can't have a negative lookahead" }],
    ['$A =~ /a(?=b)/', { offset: 8, message: "RE2 patterns can't have a lookahead" }],
    ['$A =~ /(?<=a)b/', { offset: 7, message: "RE2 patterns can't have a lookbehind" }],
    ['$A =~ /[(?=](a)\\1/', { offset: 15, message: "RE2 patterns can't have a backreference" }],
    ['$A =~ /ab++/', { offset: 9, message: "RE2 patterns can't have a possessive quantifier" }],
    ['$A =~ /[ab/', { offset: 7, message: 'The pattern is not valid: missing closing ]: `[ab`' }],
  ])('%j', (text, expected) => {
    expect(parseExpression(text)).toMatchObject({ kind: 'problem', problem: expected })
  })

  test('the place is that in the file', () => {
    const text = '$A = "x"'
    const result = parseExpression(text)
    const problem = result.kind === 'problem' ? result.problem : undefined
    expect(problemDiagnostic(problem!, text, { file: 'ci.yml', line: 3, column: 11 })).toMatchObject({
      severity: 'error',
      at: { file: 'ci.yml', line: 3, column: 14 },
      hint: 'write == or =~',
    })
  })

  test('what can be read and is hardly meant gives a warning', () => {
    expect(parseExpression('$A == /^ab/')).toMatchObject({ warnings: [{ offset: 3, hint: 'write =~' }] })
    expect(parseExpression('$A =~ "ab"')).toMatchObject({ warnings: [{ offset: 3, hint: 'write /…/' }] })
    expect(holds('$A == /^ab/', { A: '/^ab/' })).toBe(false)
  })

  test.each([
    ['parentheses', '('.repeat(10_000)],
    ['closed parentheses', `${'('.repeat(5_000)}$A${')'.repeat(5_000)}`],
    ['negations', `${'!'.repeat(10_000)}$A`],
    ['a megabyte', `$A == "${'x'.repeat(1_000_000)}"`],
    ['a thousand operators', Array.from({ length: 1_001 }, () => '$A').join('||')],
    ['a pattern of many repetitions', `$A =~ /${'a{1000}'.repeat(100)}/`],
    ['a nested repetition', '$A =~ /((a{100}){100}){100}/'],
    ['a long pattern', `$A =~ /${'a'.repeat(5_000)}/`],
    ['a deep pattern', `$A =~ /${'('.repeat(900)}a${')'.repeat(900)}{2}{2}{2}{2}{2}{2}{2}{2}/`],
  ])('%s give a problem, and soon', (_, text) => {
    expect(parseExpression(text).kind).toBe('problem')
  })
})

group('hostile patterns', () => {
  test.each([
    ['/(a+)+$/', `${'a'.repeat(100_000)}b`, false],
    ['/(x+x+)+y/', 'x'.repeat(100_000), false],
    ['/^(([a-z])+.)+[A-Z]([a-z])+$/', 'a'.repeat(100_000), false],
    ['/(a|aa)+$/', `${'a'.repeat(100_000)}!`, false],
    ['/(.*)*.{500}b$/', 'ab'.repeat(50_000), true],
  ])('%s takes time in proportion to the text', (pattern, text, expected) => {
    expect(holds('$TEXT =~ $PATTERN', { TEXT: text, PATTERN: pattern })).toBe(expected)
    expect(holds(`$TEXT =~ ${pattern}`, { TEXT: text })).toBe(expected)
  })
})

group('explanations', () => {
  test.each<[string, Values, string]>([
    [
      '$CI_COMMIT_BRANCH == "main"',
      { CI_COMMIT_BRANCH: 'dev' },
      `$CI_COMMIT_BRANCH == "main" is false: $CI_COMMIT_BRANCH is 'dev'`,
    ],
    ['$A   &&   ($B)', { A: '' }, '$A && $B is false: $A is empty, $B is not set'],
    ['$A == $A', { A: 'x' }, `$A == $A is true: $A is 'x'`],
    ['null == null', {}, 'null == null is true'],
  ])('%s', (text, values, expected) => {
    expect(describe(parsed(text), reader(values))).toBe(expected)
  })

  test('a value is shown on one line and 60 characters of it', () => {
    const line = describe(parsed('$A'), () => `one\ntwo${'x'.repeat(100_000)}`)
    expect(line).toBe(`$A is true: $A is 'one·two${'x'.repeat(53)}…'`)
  })
})

const value = fc.oneof(
  fc.stringMatching(/^[A-Za-z_]\w{0,5}$/).map(name => `$${name}`),
  fc.stringMatching(/^[ -!#-~]{0,6}$/).map(text => `"${text}"`),
  fc.stringMatching(/^[ -&(-~]{0,6}$/).map(text => `'${text}'`),
  fc.constantFrom('null', 'true', 'false', '/a.b/', '/^x\\/y$/im'),
)
const { condition } = fc.letrec<{ condition: string }>(tie => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    value,
    tie('condition').map(inner => `!(${inner})`),
    tie('condition').map(inner => `(${inner})`),
    fc
      .tuple(tie('condition'), fc.constantFrom('==', '!=', '=~', '!~', '&&', '||'), tie('condition'))
      .map(([left, operator, right]) => `${left} ${operator} ${right}`),
  ),
}))

test('all patterns of a pipeline share one bound, after which none is tried', () => {
  const work = new Work(1_000_000)
  const long = reader({ TEXT: 'ab'.repeat(50_000) })
  const results = Array.from({ length: 50 }, (_, i) => {
    const result = parseExpression(`$TEXT =~ /(a|b)*${i}$/`, work)
    return result.kind === 'expression' && evaluate(result.expression, long, work)
  })
  expect(results).not.toContain(true)
  expect(work.exhausted).toBe(true)
  expect(parseExpression('$A =~ /ab/', work)).toMatchObject({ problem: { offset: 7 } })
})

group('laws', () => {
  test('what is printed is parsed as the same, and means the same', () => {
    fc.assert(
      fc.property(
        condition,
        fc.dictionary(fc.stringMatching(/^[A-Za-z_]\w{0,2}$/), fc.string()),
        (text, values) => {
          const first = parseExpression(text)
          if (first.kind === 'problem') return
          const printed = printExpression(first.expression)
          const second = parsed(printed)
          expect(printExpression(second)).toBe(printed)
          expect(evaluate(second, reader(values))).toBe(evaluate(first.expression, reader(values)))
        },
      ),
    )
  })

  test('any text gives an expression or a problem within it', () => {
    const fragments = fc.constantFrom(
      '$A',
      '"',
      "'",
      '/',
      '==',
      '=~',
      '!',
      '(',
      ')',
      '&&',
      '||',
      ' ',
      'null',
      '\\',
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(fragments).map(parts => parts.join('')),
    )
    fc.assert(
      fc.property(text, source => {
        const result = parseExpression(source)
        if (result.kind === 'expression') return
        expect(result.problem.offset).toBeGreaterThanOrEqual(0)
        expect(result.problem.offset).toBeLessThanOrEqual(source.length)
      }),
    )
  })
})
