import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBrowser } from './web-world/browser.ts'
import { buildWeb } from './web-world/built.ts'
import { watchedPage } from './web-world/page.ts'
import { startWebWorld, type WebWorld } from './web-world/world.ts'

const browser = await startBrowser()
if ('missing' in browser)
  console.warn(`The web UI is not tested: no Chromium starts here: ${browser.missing}`)

const PIPELINE = `stages: [build, test, deploy]
compile:
  stage: build
  script: [sh build.sh]
unit:
  stage: test
  script: [echo "on $PY with $DB"]
  parallel:
    matrix: [{ PY: ['3.12', '3.13'], DB: [pg, sqlite] }]
nightly:
  stage: test
  script: [echo nightly]
  rules: [{ if: '$CI_PIPELINE_SOURCE == "schedule"' }]
ship:
  stage: deploy
  script: ['echo "shipped to \${{ job.inputs.target }} in \${{ job.inputs.copies }}"']
  inputs:
    target: { default: staging, options: [staging, production] }
    copies: { type: number, default: 1 }
  when: manual
  manual_confirmation: Is everybody awake?
  environment: { name: staging, url: 'https://staging.example' }
`

/** Markers of sections as printf makes them. */
const BUILD = `printf 'section_start:100:install[collapsed=true]\\r\\033[0KInstalling\\n'
echo a package
printf 'section_end:165:install\\r\\033[0K\\n'
printf 'section_start:165:link\\r\\033[0KLinking\\nlinked\\nsection_end:166:link\\r\\033[0K\\n'
echo "[16.5 MB of the log were left out here]"
echo "built in \${COLOUR:-grey}"
`

/** What one reads and clicks, in each language. */
const WORDS = {
  en: {
    log: 'Log',
    times: 'Times',
    follow: 'Follow',
    leftOut: '16.5 MB of the log were left out here: the job wrote more than is kept.',
    time: '1 min 5 sec',
    excluded: '1 job is not in this run',
    why: 'Why they are left out',
    start: 'Start',
    asks: 'Start ship?',
    refused: "its input 'copies' takes a number",
    group: /unit · 4 jobs: 4 Succeeded/,
  },
  zh: {
    log: '日志',
    times: '时间',
    follow: '跟随',
    leftOut: '此处略去了 16.5 MB 的日志：作业的输出超过了保留的上限。',
    time: '1分钟 5秒',
    excluded: '有 1 个作业不在本次运行中',
    why: '为什么没有运行',
    start: '启动',
    asks: '启动 ship？',
    refused: "its input 'copies' takes a number",
    group: /unit · 4 个作业: 4 成功/,
  },
} as const

describe.skipIf('missing' in browser)('a GitLab CI file in the web UI', () => {
  let world: WebWorld
  let page: Page
  let complaints: readonly string[] = []

  beforeAll(async () => {
    if ('missing' in browser) return
    await buildWeb()
    world = await startWebWorld()
    ;({ page, complaints } = await watchedPage(browser, 20_000, { colorScheme: 'light' }))
  })
  afterAll(async () => {
    if ('missing' in browser) return
    await browser.close()
    await world?.stop()
  })

  const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor()
  const node = (job: string) => page.locator(`button[data-job="${job}"]`)
  const stateOf = (job: string, state: string) =>
    page.locator(`button[data-job="${job}"][data-state=${state}]`).waitFor()
  const button = (name: string) => page.getByRole('button', { name, exact: true })

  async function asTheApi(path: string, body: unknown, method = 'POST') {
    const response = await fetch(`${world.url}/api/v1/projects/team%2Flab/${path}`, {
      method,
      headers: { authorization: `Bearer ${world.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return response.status
  }

  test('a push of one becomes a pipeline', async () => {
    await page.goto(world.url)
    await page.getByLabel('Access token').fill(world.token)
    await button('Log in').click()
    await page.getByRole('navigation').getByRole('link', { name: 'Projects' }).click()
    await button('New project').click()
    await page.getByRole('dialog').getByLabel('Name').fill('team/lab')
    await button('Create project').click()
    await heading('team/lab')
    await world.push('team/lab', { '.gitlab-ci.yml': PIPELINE, 'build.sh': BUILD })
    await page.getByRole('link', { name: 'Pipeline #1' }).click()
    await heading(/Pipeline #1/)
  })

  test('jobs stand in a column for each stage, those of a matrix in one box that unfolds', async () => {
    await stateOf('ship', 'waiting')
    const group = page.locator('button[data-group=unit]')
    const leftOf = async (column: ReturnType<typeof node>) => (await column.boundingBox())!.x
    const columns = [await leftOf(node('compile')), await leftOf(group), await leftOf(node('ship'))]
    expect(columns).toEqual([...new Set(columns)].toSorted((a, b) => a - b))
    for (const stage of ['build', 'test', 'deploy']) await page.getByText(stage, { exact: true }).waitFor()
    await page.getByRole('button', { name: WORDS.en.group, expanded: false }).waitFor()
    expect(await node('unit: [3.12, pg]').count()).toBe(0)
    await group.focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByText('on 3.12 with sqlite', { exact: true }).waitFor()
    await group.click()
    expect(await node('unit: [3.12, pg]').count()).toBe(0)
  })

  /** Of the pipeline that is shown, in whichever language. */
  async function readLog(words: (typeof WORDS)[keyof typeof WORDS], isOpen: boolean) {
    await node('compile').click()
    const log = page.getByRole('region', { name: words.log, exact: true })
    await log.getByText('linked', { exact: true }).waitFor()
    const hidden = log.getByText('a package', { exact: true })
    const section = log.getByRole('button', { name: 'Installing' })
    expect(await section.getAttribute('aria-expanded')).toBe(String(isOpen))
    expect(await hidden.count()).toBe(isOpen ? 1 : 0)
    await section.click()
    if (isOpen) await hidden.waitFor({ state: 'detached' })
    else await hidden.waitFor()
    await log.getByText(words.time, { exact: true }).waitFor()
    await log.getByRole('note').getByText(words.leftOut).waitFor()
    expect(await log.textContent()).not.toMatch(/section_|\[0K|\[collapsed/)
  }

  async function startShip(words: (typeof WORDS)[keyof typeof WORDS]) {
    await node('ship').click()
    await button(words.start).click()
    const dialog = page.getByRole('dialog', { name: words.asks })
    await dialog.getByText('Is everybody awake?').waitFor()
    await dialog.getByLabel('target').selectOption('production')
    await dialog.getByLabel('copies').fill('many')
    await dialog.getByRole('button', { name: words.start, exact: true }).click()
    await dialog.getByText(words.refused).waitFor()
    await dialog.getByLabel('copies').fill('3')
    await dialog.getByRole('button', { name: words.start, exact: true }).click()
    await stateOf('ship', 'succeeded')
    await page.getByText('shipped to production in 3', { exact: true }).waitFor()
  }

  async function readExcluded(words: (typeof WORDS)[keyof typeof WORDS]) {
    const panel = page.getByRole('region', { name: words.excluded })
    await panel.getByText(words.why).click()
    const told = await panel.getByRole('listitem').textContent()
    expect(told).toMatch(/^nightly \.gitlab-ci\.yml:\d+:\d+/)
    expect(told).toContain('$CI_PIPELINE_SOURCE')
  }

  test('a section of the log is closed, opens, and stays open in the next log', async () => {
    await readLog(WORDS.en, false)
    await page.reload()
    await readLog(WORDS.en, true)
  })

  test('lines tell when they came, on demand', async () => {
    const log = page.getByRole('region', { name: 'Log', exact: true })
    expect(await log.textContent()).not.toMatch(/\d\d:\d\d/)
    await page.getByLabel('Times').check()
    await log
      .getByText(/^\d\d:\d\d:\d\d|^\d{1,2}:\d\d:\d\d [AP]M/)
      .first()
      .waitFor()
    await page.getByLabel('Times').uncheck()
  })

  test('jobs that are not in it say why', () => readExcluded(WORDS.en))

  test('a manual job asks what its author wants asked, and runs', () => startShip(WORDS.en))

  test('in Chinese, a pipeline runs by hand with a variable, and all of it is there as well', async () => {
    await page.getByRole('link', { name: 'team/lab' }).click()
    await page.getByLabel('Language').selectOption('zh')
    await button('运行流水线').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('变量').fill('COLOUR')
    await dialog.getByText('第 1 行不是 NAME=value。').waitFor()
    await dialog.getByLabel('变量').fill('COLOUR=blue')
    await dialog.getByRole('button', { name: '运行', exact: true }).click()
    await heading(/流水线 #2/)
    await stateOf('ship', 'waiting')
    await page.getByRole('button', { name: WORDS.zh.group }).waitFor()
    // It was closed again in English.
    await readLog(WORDS.zh, false)
    await page.getByText('built in blue', { exact: true }).waitFor()
    await readExcluded(WORDS.zh)
    await startShip(WORDS.zh)
  })

  test('its environment is listed, and stopped; the page has complained of nothing', async () => {
    await page.getByRole('link', { name: 'team/lab' }).click()
    await page.getByRole('link', { name: '环境', exact: true }).click()
    const row = page.getByRole('row', { name: /staging/ })
    expect(await row.getByRole('link', { name: 'https://staging.example' }).getAttribute('rel')).toContain(
      'noopener',
    )
    await row.getByRole('button', { name: '停止' }).click()
    await page.getByRole('dialog', { name: '停止 staging？' }).getByRole('button', { name: '停止' }).click()
    await row.getByText('已停止', { exact: true }).waitFor()
    // Of the two starts with a wrong value, one in each language.
    expect(complaints).toEqual(Array(2).fill(expect.stringContaining('400 (Bad Request)')))
  })

  test('a merge request tells what is in its way, and is merged once nothing is', async () => {
    await page.getByLabel('语言').selectOption('en')
    await world.push('team/lab', { 'topic.txt': 'better' }, 'topic')
    await page.getByRole('link', { name: 'Pipelines', exact: true }).click()
    await page.getByRole('row', { name: /topic/ }).waitFor()
    const made = await asTheApi('merge-requests', { title: 'Make it better', source: 'topic', draft: true })
    expect(made).toBe(201)
    await page.getByRole('link', { name: 'Merge requests' }).click()
    await page.getByRole('link', { name: 'Merge request !1' }).click()
    await page.getByRole('list', { name: 'In its way' }).getByText('It is a draft.').waitFor()
    await page.getByRole('link', { name: /^Pipeline #/ }).waitFor()
    expect(await asTheApi('merge-requests/1', { draft: false }, 'PUT')).toBe(200)
    await page.reload()
    await page.getByText('Nothing is in its way').waitFor()
    await button('Merge').click()
    await page.getByRole('dialog', { name: 'Merge !1?' }).getByRole('button', { name: 'Merge' }).click()
    await page
      .getByRole('region', { name: /Make it better/ })
      .getByText('Merged', { exact: true })
      .waitFor()
    expect(await button('Close').count()).toBe(0)
  })

  test('a schedule is made, paused and removed; what the server has against one is shown', async () => {
    await page.getByRole('link', { name: 'Schedules' }).click()
    await button('New schedule').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Description').fill('Every night')
    await dialog.getByLabel('When (cron)').fill('30 2 * *')
    await dialog.getByRole('button', { name: 'Create schedule' }).click()
    expect(await dialog.getByRole('alert').textContent()).toContain('30 2 * *')
    await dialog.getByLabel('When (cron)').fill('30 2 * * 1-5')
    await dialog.getByRole('button', { name: 'Create schedule' }).click()
    const row = page.getByRole('row', { name: /Every night/ })
    await row.getByRole('button', { name: 'Pause' }).click()
    await row.getByText('paused').waitFor()
    await row.getByRole('button', { name: 'Resume' }).click()
    await row.getByText('paused').waitFor({ state: 'detached' })
    await row.getByRole('button', { name: 'Run now' }).click()
    const outcome = await row.getByRole('status').textContent()
    const number = /#(\d+)/.exec(outcome ?? '')?.[1]
    await row.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByText('No schedule yet').waitFor()
    await page.getByRole('link', { name: 'Pipelines', exact: true }).click()
    await page.getByRole('link', { name: `Pipeline #${number}`, exact: true }).click()
    await page.getByRole('heading', { level: 1, name: `Pipeline #${number}` }).waitFor()
    await page.getByText('schedule', { exact: true }).waitFor()
    // The job that only a schedule runs.
    await node('nightly').waitFor()
  })
})
