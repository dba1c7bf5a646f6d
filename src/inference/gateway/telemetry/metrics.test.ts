import { afterEach, expect, test } from 'vitest'
import { GatewayState } from '../state.ts'
import { formatFor } from './exposition.ts'
import { expose } from './metrics.ts'

const states: GatewayState[] = []
afterEach(() => {
  for (const state of states.splice(0)) state.pool.close()
})

function aState(): GatewayState {
  const state = new GatewayState()
  states.push(state)
  return state
}

const NAME = {
  model: 'digits',
  environment: 'production',
  version: 'ver_1',
  versionNumber: 7,
  arm: 'stable',
} as const
const OPENMETRICS = 'application/openmetrics-text;version=1.0.0'

test.each([
  [undefined, 'prometheus'],
  ['', 'prometheus'],
  ['*/*', 'prometheus'],
  ['text/plain', 'prometheus'],
  [OPENMETRICS, 'openmetrics'],
  // As Prometheus 3 asks.
  [
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1',
    'openmetrics',
  ],
  ['text/plain;q=0.9, application/openmetrics-text;q=0.5', 'prometheus'],
  ['application/openmetrics-text;version=2.0.0', 'prometheus'],
  ['application/openmetrics-text;q=0', 'prometheus'],
  ['application/openmetrics-text;q=x', 'prometheus'],
])('%s is answered in %s', (accept, format) => {
  expect(formatFor(accept)).toBe(format)
})

test('OpenMetrics: families without _total, units, exemplars in their buckets, # EOF', () => {
  const state = aState()
  const series = state.counters.series(NAME)
  series.count(200, 4500)
  series.count(503, 100)
  series.exemplar(4500, 'abc', 1_700_000_000_250)
  const { text, type } = expose(state, OPENMETRICS)
  expect(type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
  const labels = 'model="digits",environment="production",version="7",arm="stable"'
  expect(text).toContain('# TYPE ballast_requests counter\n')
  expect(text).toContain(`ballast_requests_total{${labels},status="200"} 1\n`)
  expect(text).toContain('# UNIT ballast_request_duration_seconds seconds\n')
  expect(text).toContain(`ballast_request_duration_seconds_bucket{${labels},le="0.0025"} 0\n`)
  expect(text).toContain(
    `ballast_request_duration_seconds_bucket{${labels},le="0.005"} 1 # {trace_id="abc"} 0.0045 1700000000.25\n`,
  )
  expect(text).toContain(`ballast_request_duration_seconds_bucket{${labels},le="1.0"} 1\n`)
  expect(text).toContain(`ballast_request_duration_seconds_bucket{${labels},le="+Inf"} 1\n`)
  expect(text.endsWith('\n# EOF\n')).toBe(true)
  expect(text.match(/# EOF/g)).toHaveLength(1)
})

test("Prometheus' format has no exemplars, no units and no end", () => {
  const state = aState()
  const series = state.counters.series(NAME)
  series.count(200, 4500)
  series.exemplar(4500, 'abc', 1_700_000_000_250)
  const { text } = expose(state)
  expect(text).toContain('# TYPE ballast_requests_total counter\n')
  expect(text).not.toMatch(/trace_id|# UNIT|# EOF/)
})

test('what other parts count is told as well, with label values escaped', () => {
  const state = aState()
  const { registry } = state.counters
  const retries = registry.counter('ballast_retries_test', 'Sent again,\n"twice".', ['model', 'reason'])
  retries.add(['a"b\\c\nd', 'lost'])
  retries.add(['a"b\\c\nd', 'lost'], 2)
  registry.gauge('ballast_ejected_test', 'Replicas.', [], () => [{ labels: [], value: 3 }])
  expect(registry.counter('ballast_retries_test', '', [])).toBe(retries)
  const prometheus = expose(state).text
  expect(prometheus).toContain('# HELP ballast_retries_test_total Sent again,\\n"twice".\n')
  expect(prometheus).toContain('ballast_retries_test_total{model="a\\"b\\\\c\\nd",reason="lost"} 3\n')
  expect(prometheus).toContain('\nballast_ejected_test 3\n')
  expect(expose(state, OPENMETRICS).text).toContain(
    '# HELP ballast_retries_test Sent again,\\n\\"twice\\".\n',
  )
})

test('series past the limit are counted as one', () => {
  const state = aState()
  const counter = state.counters.registry.counter('ballast_many_test', 'Many.', ['name'])
  for (let i = 0; i < 5000; i++) counter.add([`name ${i}`])
  const samples = [...counter.samples()]
  expect(samples.length).toBeLessThanOrEqual(2001)
  expect(samples.find(({ labels }) => labels[0] === 'others')?.value).toBe(3000)
  expect(samples.reduce((sum, { value }) => sum + value, 0)).toBe(5000)
})
