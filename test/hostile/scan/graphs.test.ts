import { describe, expect, test } from 'vitest'
import { writeGguf } from '../../../src/formats/gguf/index.ts'
import { zipOf } from '../formats/zip-bytes.ts'
import { EMPTY_DICT, join, PROTO, STOP } from './pickle-bytes.ts'
import { scanBytes, told } from './world.ts'

const HARMLESS = join(PROTO(2), EMPTY_DICT, STOP)
const script = (code: string): Uint8Array =>
  zipOf([
    { name: 'm/data.pkl', data: HARMLESS },
    { name: 'm/constants.pkl', data: HARMLESS },
    { name: 'm/code/__torch__.py', data: Buffer.from(code) },
  ])
const exported = (target: string): Uint8Array =>
  zipOf([
    { name: 'm/archive_format', data: Buffer.from('pt2') },
    {
      name: 'm/models/model.json',
      data: Buffer.from(JSON.stringify({ nodes: [{ target, inputs: [], outputs: [], metadata: {} }] })),
    },
  ])

describe('TorchScript', () => {
  test('code that computes is safe', async () => {
    const code =
      'def forward(self, x: Tensor) -> Tensor:\n  return torch.relu(__torch__.torchvision.ops.boxes.nms(ops.prim.NumToTensor(x)))\n'
    expect(await scanBytes(script(code), 'm.pt')).toMatchObject({ verdict: 'safe', findings: [] })
  })

  test.each([
    ['x = torch.from_file("/etc/passwd", True, 100)', 'torchscript/operator unsafe'],
    ['torch.save(x, "/tmp/x")', 'torchscript/operator unsafe'],
    ['x = ops.mine.run(x)', 'torchscript/operator unknown'],
    ['x = torch . from_file ("/etc/passwd")', 'torchscript/operator unsafe'],
    ['x = torch.\\\n from_file("/etc/passwd")', 'torchscript/operator unsafe'],
    ['f = torch.from_file', 'torchscript/operator unsafe'],
    ['x = ops.image.read_file("/etc/passwd")', 'torchscript/operator unsafe'],
    ['x = ops.torchaudio.sox_io_load_audio_file("/x")', 'torchscript/operator unsafe'],
    ['x = ops.aten.rpc_async("worker", "f")', 'torchscript/operator unsafe'],
    ['torch.ops.load_library("/x.so")', 'torchscript/operator unknown'],
  ])('%s', async (code, finding) => {
    expect(told(await scanBytes(script(code), 'm.pt'))).toContain(finding)
  })

  test('its classes are known in such an archive only', async () => {
    const pickle = Buffer.from('\x80\x02c__torch__\nModel\n)\x81}b.', 'latin1')
    const entries = [
      { name: 'm/data.pkl', data: pickle },
      { name: 'm/constants.pkl', data: HARMLESS },
      { name: 'm/code/__torch__.py', data: Buffer.from('class Model(Module):\n  pass\n') },
    ]
    expect((await scanBytes(zipOf(entries), 'm.pt')).verdict).toBe('safe')
    expect((await scanBytes(zipOf(entries.slice(0, 1)), 'm.pt')).verdict).toBe('unknown')
  })
})

describe('exported programs', () => {
  test.each(['torch.ops.aten.add.Tensor', '_operator.getitem', 'torch.sym_int'])(
    '%s computes',
    async target => {
      expect(await scanBytes(exported(target), 'm.pt2')).toMatchObject({ verdict: 'safe', findings: [] })
    },
  )

  test.each([
    ['torch.serialization.os.system', 'torchscript/operator unsafe'],
    ['torch.hub.load', 'torchscript/operator unsafe'],
    ['_operator.methodcaller', 'torchscript/operator unsafe'],
    ['torch.ops.aten.from_file.default', 'torchscript/operator unsafe'],
    ['torch.ops.mine.run.default', 'torchscript/operator unknown'],
    ['torch.nn.functional.something', 'torchscript/operator unknown'],
  ])('%s', async (target, finding) => {
    expect(told(await scanBytes(exported(target), 'm.pt2'))).toContain(finding)
  })
})

describe('expressions of exported programs', () => {
  const program = (expression: string, target = 'torch.ops.aten.add.Tensor'): string =>
    JSON.stringify({
      graph_module: {
        graph: {
          nodes: [{ target }],
          tensor_values: { x: { sizes: [{ as_expr: { expr_str: expression } }] } },
        },
      },
    })
  test.each([
    "Mul(Integer(4), Symbol('s77', positive=True, integer=True))",
    "FloorDiv(Symbol('s0', integer=True), Integer(2))",
    '2*s0 + 1',
    '(s0 >= 2) & (s0 <= 64)',
  ])('%s is numbers', async expression => {
    expect(await scanBytes(program(expression), 'model.json')).toMatchObject({
      verdict: 'safe',
      findings: [],
    })
  })

  test.each([
    ['__import__("os").system("id")', 'torchscript/expression unsafe'],
    ['[c for c in ().__class__.__base__.__subclasses__()]', 'torchscript/expression unsafe'],
    ['s0.func.mro', 'torchscript/expression unsafe'],
    ['exit(1)', 'torchscript/expression unknown'],
  ])('%s', async (expression, finding) => {
    expect(told(await scanBytes(program(expression), 'model.json'))).toContain(finding)
  })

  test('a target without the rest of its node', async () => {
    const report = await scanBytes(program('s0', 'torch.os.system'), 'model.json')
    expect(told(report)).toContain('torchscript/operator unsafe')
  })
})

describe('GGUF', () => {
  async function gguf(template: string): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    const sink = { write: async (bytes: Uint8Array) => void parts.push(bytes) }
    const metadata = new Map([['tokenizer.chat_template', { type: 'string', value: template } as const]])
    await writeGguf([], sink, metadata)
    return Buffer.concat(parts)
  }

  test('a template that computes is safe', async () => {
    const report = await scanBytes(await gguf('{{ bos_token }}{{ messages[0].content }}'), 'm.gguf')
    expect(report).toMatchObject({ verdict: 'safe', findings: [] })
  })

  test('a template that escapes is told with its key', async () => {
    const report = await scanBytes(await gguf("{{ ''.__class__.__mro__ }}"), 'm.gguf')
    expect(report.verdict).toBe('unsafe')
    expect(report.findings[0]!.at).toMatchObject({ key: 'tokenizer.chat_template', line: 1 })
  })
})
