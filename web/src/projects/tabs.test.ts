import { expect, test } from 'vitest'
import { projectSearch } from './tabs.tsx'

test.each([
  [{}, {}],
  [{ tab: 'pipelines' }, {}],
  [{ tab: 'schedules' }, { tab: 'schedules' }],
  [{ tab: 'schedules', merge: 3 }, { tab: 'schedules' }],
  [
    { tab: 'merge-requests', merge: 3 },
    { tab: 'merge-requests', merge: 3 },
  ],
  [{ tab: 'merge-requests', merge: -1 }, { tab: 'merge-requests' }],
  [{ tab: 'merge-requests', merge: '../3' }, { tab: 'merge-requests' }],
  [{ tab: 'notifications' }, { tab: 'notifications' }],
  [{ tab: 'nothing' }, {}],
])('the address %j asks for %j', (search, asked) => {
  expect(projectSearch(search)).toEqual(asked)
})
