import { describe, expect, test } from 'vitest'
import { parseDotenv } from './dotenv.ts'

const parsed = (text: string | Buffer) => parseDotenv(Buffer.from(text as string))

// https://docs.gitlab.com/ci/yaml/artifacts_reports/#artifactsreportsdotenv
describe('a dotenv report', () => {
  test.each([
    { text: 'A=1\nB=2\n', variables: { A: '1', B: '2' } },
    { text: 'A =1', variables: { A: '1' } },
    { text: ' A=  1  \r\nB=2\r\n', variables: { A: '1', B: '2' } },
    { text: 'A=b=c', variables: { A: 'b=c' } },
    { text: 'A=', variables: { A: '' } },
    { text: 'A="b c"', variables: { A: '"b c"' } },
    { text: "A='b'", variables: { A: "'b'" } },
    { text: 'A=1 # not a comment', variables: { A: '1 # not a comment' } },
    { text: `A=1\nB=$\{A}`, variables: { A: '1', B: `$\{A}` } },
    { text: 'A=1\nA=2', variables: { A: '2' } },
    { text: 'A=🛹', variables: { A: '🛹' } },
    { text: '__proto__=x', variables: { ['__proto__']: 'x' } },
    { text: '', variables: {} },
  ])('$text', ({ text, variables }) => {
    const entries = Object.entries(variables).map(([name, value]) => ({ name, value }))
    expect(parsed(text)).toEqual({ variables: entries })
  })

  test.each([
    ['an empty line', 'A=1\n\nB=2', 'line 2: expected NAME=value, found an empty line'],
    ['a comment', '# hello', 'line 1: expected NAME=value, found no ='],
    ['a name with spaces', 'K E Y=1', 'line 1: "K E Y" is no name: letters, digits and _ only'],
    ['a name beyond ASCII', '🛹=1', 'line 1: "🛹" is no name: letters, digits and _ only'],
    ['no name', '=1', 'line 1: "" is no name: letters, digits and _ only'],
    ['bytes that are no UTF-8', Buffer.from([0x41, 0x3d, 0xff]), 'it is not UTF-8'],
    ['a NUL', 'A=a\0b', 'line 1: the value of A has a NUL in it'],
    ['too many bytes', `A=${'x'.repeat(5119)}`, 'it has 5121 bytes; 5120 at most are allowed'],
    [
      'too many variables',
      Array.from({ length: 151 }, (_, i) => `A${i}=1`).join('\n'),
      'it has 151 variables; 150 at most are allowed',
    ],
  ])('with %s is none', (_what, text, problem) => {
    expect(parsed(text)).toEqual({ problems: [problem] })
  })
})
