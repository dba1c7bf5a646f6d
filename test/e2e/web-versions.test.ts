import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { VersionsWorld } from '../server/versions.ts'
import { startBrowser } from './web-world/browser.ts'
import { buildWeb } from './web-world/built.ts'
import { watchedPage } from './web-world/page.ts'

const browser = await startBrowser()
if ('missing' in browser)
  console.warn(`A model's history in the web UI is not tested: no Chromium starts here: ${browser.missing}`)

describe.skipIf('missing' in browser)('a model’s history in the web UI', () => {
  let made: VersionsWorld
  let page: Page
  let complaints: readonly string[] = []

  beforeAll(async () => {
    if ('missing' in browser) return
    await buildWeb()
    made = await VersionsWorld.start()
    await made.aStory('digits')
    const body = { version: 'v1' }
    await made.world.admin('PUT', '/models/digits/aliases/champion', body)
    ;({ page, complaints } = await watchedPage(browser, 30_000))
    await page.goto(made.world.url)
    await page.getByLabel('Access token').fill(await made.world.secret())
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor()
    await page.goto(`${made.world.url}/models/digits`)
  }, 180_000)
  afterAll(async () => {
    if ('missing' in browser) return
    await browser.close()
    await made?.world.stop()
  })

  const panel = (name: string) => page.getByRole('region', { name })

  test('tells what served, what was aborted, and who decided', async () => {
    const served = panel('What served when')
    await served.getByText('Aborted').waitFor()
    const lines = await served.getByRole('listitem').allInnerTexts()
    const told = lines.map(line => line.replace(/\s+/g, ' '))
    expect(told[0]).toMatch(/Name set champion v1 decided by admin/)
    expect(told[1]).toMatch(
      /Served production v1 → v3 decided by the analysis of the canary · asked by admin/,
    )
    expect(told[3]).toMatch(/Aborted production v1 → v2 10 ?%/)
    expect(told).toHaveLength(6)
  })

  test('shows names beside versions, and follows one that moves', async () => {
    const row = (version: string) => panel('Versions').getByRole('row', { name: version })
    await row('v1').getByText('champion').waitFor()
    await row('v3').getByText('latest').waitFor()
    await made.world.admin('PUT', '/models/digits/aliases/champion', { version: 'v2', expected: 'v1' })
    await row('v2').getByText('champion').waitFor()
  })

  test('shows where the version comes from, in Chinese as well', async () => {
    const lineage = await panel('Where v3 comes from').innerText()
    expect(lineage.replace(/\s+/g, ' ')).toMatch(/↳ v2 \w{8} nearest commit before ↳ v1/)
    expect(lineage).toMatch(/Trained by train model\.onnx/)
    await page.getByLabel('Language').selectOption('zh')
    await panel('v3 的来历').getByText('训练作业').waitFor()
    await panel('何时由哪个版本服务').getByText('已中止').waitFor()
    expect(complaints).toEqual([])
  })
})
