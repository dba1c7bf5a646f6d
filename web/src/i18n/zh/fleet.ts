import type { fleet as english } from '../en/fleet.ts'
import type { Message } from '../message.ts'

export const fleet: Record<keyof typeof english, Message> = {
  'fleet.title': '模型总览',
  'fleet.model': '模型',
  'fleet.version': '线上版本',
  'fleet.rollout': '发布',
  'fleet.health': '健康状况',
  'fleet.rate': '请求/秒',
  'fleet.latency': 'p50 / p99',
  'fleet.errors': '错误率',
  'fleet.pipeline': '最近流水线',
  'fleet.nothingLive': '无线上版本',
  'fleet.steady': '平稳',
  'fleet.empty': '还没有模型',
  'fleet.emptyText': '流水线登记第一个版本后，模型就会出现在这里。',
  'fleet.start1': '创建项目，取得它的远程地址：',
  'fleet.start2': '在仓库根目录用一个文件描述整个交付过程：',
  'fleet.start3': '推送：',
  'fleet.startHint': 'Git 会要求输入密码：请使用带 push 权限的访问令牌。',

  'health.serving': '服务中',
  'health.degraded': '降级',
  'health.down': '不可用',
  'health.none': '未部署',
}
