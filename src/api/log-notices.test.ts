import { expect, test } from 'vitest'
import { logNoticeText, readLogNotice } from './log-notices.ts'

test.each([
  { kind: 'left-out', size: '5 kB' },
  { kind: 'left-out', size: '1.5 GB' },
  { kind: 'longer', head: '48 MB', tail: '16 MB' },
] as const)('what is written of $kind is read again', notice => {
  expect(readLogNotice(logNoticeText(notice))).toEqual(notice)
})

test.each([
  '',
  'left out',
  '[a lot of the log were left out here]',
  '> [5 kB of the log were left out here]',
])('%j is none', line => {
  expect(readLogNotice(line)).toBeUndefined()
})
