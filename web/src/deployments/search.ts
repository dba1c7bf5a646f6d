export interface DeploymentsSearch {
  readonly environment?: string
  readonly model?: string
}

/** What the address asks for; what it can't mean is passed over. */
export function deploymentsSearch(search: Readonly<Record<string, unknown>>): DeploymentsSearch {
  const { environment, model } = search
  return {
    ...(typeof environment === 'string' && environment !== '' && { environment }),
    ...(typeof model === 'string' && model !== '' && { model }),
  }
}
