import type { tokens as english } from '../en/tokens.ts'
import type { Message } from '../message.ts'

export const tokens: Record<keyof typeof english, Message> = {
  'tokens.title': '访问令牌',
  'tokens.new': '新建令牌',
  'tokens.name': '名称',
  'tokens.principal': '所有者',
  'tokens.scopes': '权限范围',
  'tokens.expires': '到期',
  'tokens.never': '永不',
  'tokens.lastUsed': '最近使用',
  'tokens.revoke': '吊销',
  'tokens.revoked': '已吊销',
  'tokens.expired': '已过期',
  'tokens.revokeAsk': '吊销令牌“{name}”？',
  'tokens.revokeText': '从现在起，使用它的一切请求都会被拒绝。此操作无法撤销。',
  'tokens.create': '创建令牌',
  'tokens.allProjects': '所有项目',
  'tokens.days': { one: '{n} 天', other: '{n} 天' },
  'tokens.made': '令牌“{name}”已创建。请立即复制：它只显示这一次。',
  'tokens.showRevoked': '显示已吊销的',
  'tokens.active': '有效',
  'tokens.state': '状态',

  'scope.read': '查看项目、流水线和模型',
  'scope.push': '用 Git 推送和拉取',
  'scope.trigger': '启动流水线，仅此而已',
  'scope.predict': '请求模型预测',
  'scope.deploy': '批准、全量、中止、回滚',
  'scope.admin': '管理服务器',
}
