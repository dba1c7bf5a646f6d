import { expect, test } from 'vitest'
import { instant } from '../../core/index.ts'
import { NEWS_KINDS } from '../types.ts'
import type { Facts, RolloutFacts } from './facts.ts'
import { messageOf } from './message.ts'

const COMMON = { project: 'team/digits', at: instant(0), link: 'https://ballast.example/x' }
const ROLLOUT = {
  ...COMMON,
  rollout: 'rol_1',
  model: 'digits',
  environment: 'production',
  version: 4,
  stable: 3,
  weight: 0.1,
  reason: 'why',
  by: 'ada',
  isRollback: false,
}
const APPROVAL = { ...COMMON, pipeline: 12, job: 'deploy', environment: 'production', reason: 'waits' }
const PIPELINE = {
  ...COMMON,
  pipeline: 12,
  branch: 'main',
  commit: 'c'.repeat(40),
  title: 'Wider layers',
  by: 'ada',
  reason: 'unit: exit code 1',
}
const rollout = (kind: RolloutFacts['kind'], change: Partial<RolloutFacts> = {}): Facts => ({
  ...ROLLOUT,
  kind,
  ...change,
})

const CASES: readonly (readonly [Facts, string, string])[] = [
  [rollout('rollout.started'), 'digits v4 is on its way to production', 'digits v4 开始发布到 production'],
  [
    rollout('rollout.held'),
    'digits v4 stands still in production at 10 %',
    'digits v4 在 production 停滞不前(流量 10 %)',
  ],
  [
    rollout('rollout.paused'),
    'digits v4 was paused in production at 10 %',
    'digits v4 在 production 的发布已暂停(流量 10 %)',
  ],
  [
    rollout('rollout.resumed', { weight: 0 }),
    'digits v4 goes on in production',
    'digits v4 在 production 的发布已继续',
  ],
  [
    rollout('rollout.overridden'),
    'digits v4 need not wait for the calendar of production',
    'digits v4 不必等待 production 的日历',
  ],
  [rollout('rollout.promoted'), 'digits v4 serves production', 'digits v4 已在 production 全量上线'],
  [
    rollout('rollout.rolled-back'),
    'digits v4 was rolled back in production; v3 serves',
    'digits v4 已从 production 回滚,由 v3 继续服务',
  ],
  [
    rollout('rollout.rolled-back', { isRollback: true }),
    'production is back at digits v4',
    'production 已回到 digits v4',
  ],
  [rollout('rollout.aborted'), 'digits v4 did not come to production', 'digits v4 未能发布到 production'],
  [
    rollout('rollout.superseded'),
    'digits v4 made way for a newer version on its way to production',
    'digits v4 在发布到 production 之前被更新的版本取代',
  ],
  [
    { ...APPROVAL, kind: 'approval.needed', model: 'digits', version: 4 },
    'digits v4 needs approval for production',
    'digits v4 需要批准才能发布到 production',
  ],
  [
    { ...APPROVAL, kind: 'approval.expired' },
    'Nobody approved Pipeline #12 for production in time',
    '流水线 #12 发布到 production 未在期限内获批准',
  ],
  [
    { ...PIPELINE, kind: 'pipeline.failed' },
    'Pipeline #12 of team/digits failed on main',
    'team/digits 的流水线 #12 在 main 上失败',
  ],
  [
    { ...PIPELINE, kind: 'pipeline.fixed' },
    'Pipeline #12 of team/digits succeeded: main is well again',
    'team/digits 的流水线 #12 成功,main 已恢复正常',
  ],
  [
    { ...COMMON, kind: 'test', by: 'ada' },
    "Ballast tells team/digits's news here",
    'Ballast 会在这里通知 team/digits 的动态',
  ],
]

test.each(CASES)('$kind', (facts, english, chinese) => {
  expect(messageOf(facts, 'en').title).toBe(english)
  expect(messageOf(facts, 'zh').title).toBe(chinese)
  expect(messageOf(facts, 'en').link).toBe('https://ballast.example/x')
})

test('there is a sentence for all news', () => {
  expect(new Set(CASES.map(([{ kind }]) => kind))).toEqual(new Set([...NEWS_KINDS, 'test']))
})

test('the reason is the one of the history, in either language, and a very long one is cut', () => {
  for (const language of ['en', 'zh'] as const) {
    expect(messageOf(rollout('rollout.promoted'), language).reason).toBe('why')
    expect(
      messageOf(rollout('rollout.promoted', { reason: 'x'.repeat(9000) }), language).reason,
    ).toHaveLength(1501)
  }
})
