import type { app as english } from '../en/app.ts'
import type { Message } from '../message.ts'

export const app: Record<keyof typeof english, Message> = {
  'app.skip': '跳到正文',
  'app.fleet': '模型总览',
  'app.projects': '项目',
  'app.deployments': '部署',
  'app.tokens': '令牌',
  'app.logout': '退出登录',
  'app.language': '语言',
  'app.theme': '外观',
  'app.theme.system': '跟随系统',
  'app.theme.light': '浅色',
  'app.theme.dark': '深色',
  'app.main': '主导航',
  'app.notFound': '没有这个页面。',
  'app.home': '返回模型总览',
  'app.loading': '加载中…',

  'live.live': '实时',
  'live.connecting': '连接中…',
  'live.reconnecting': '重新连接中…',

  'common.cancel': '取消',
  'common.close': '关闭',
  'common.copy': '复制',
  'common.copied': '已复制',
  'common.tryAgain': '重试',
  'common.more': '显示更早的',
  'common.none': '无',
  'common.bytes': '大小',
  'common.created': '创建时间',
  'common.offline': '服务器没有响应。',
  'common.offlineHint': '请检查服务器是否在运行，以及本机能否访问它。',
  'common.unreadable': '服务器返回了本页面无法识别的内容。',
  'common.unreadableHint': '请刷新页面：服务器可能已经升级。',
  'common.project': '项目',
  'common.by': '由 {who} 发起',

  'login.title': '登录',
  'login.token': '访问令牌',
  'login.submit': '登录',
  'login.where': '服务器首次启动时会打印第一个令牌；其余令牌由管理员创建。',
  'login.tagline': '像交付软件一样交付模型：测试、评判、发布，变差时自动恢复。',

  'interval.label': '从 {low} 到 {high}；界限 {limit}',
  'interval.noLimit': '从 {low} 到 {high}',
}
