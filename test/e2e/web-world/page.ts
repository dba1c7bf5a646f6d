import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

export interface WatchedPage {
  readonly page: Page
  /** What the page itself complained of: errors of its code and on its console. */
  readonly complaints: readonly string[]
}

/** A page whose complaints are kept; each step on it may take `patience` milliseconds. */
export async function watchedPage(
  browser: Browser,
  patience: number,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const complaints: string[] = []
  const page = await browser.newPage({ locale: 'en-GB', ...options })
  page.setDefaultTimeout(patience)
  page.on('pageerror', error => complaints.push(error.message))
  page.on('console', message => {
    // The browser reports every refused request; that of someone who is not logged in is expected.
    if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text())
  })
  return { page, complaints }
}
