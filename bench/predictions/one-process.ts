/**
 * The yardstick: one process that calls onnxruntime in its own node:http handler, as a person would write it.
 * Takes and gives binary tensors of the Open Inference Protocol; no batching, no routing, no checks.
 *
 *   node one-process.ts MODEL PORT
 */
import { createServer } from 'node:http'
import { InferenceSession, Tensor } from 'onnxruntime-node'

const [model = '', port = '0'] = process.argv.slice(2)
const session = await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 })
const input = session.inputNames[0]!
const output = session.outputNames[0]!

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end('{"live":true}')
    return
  }
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', async () => {
    const body = Buffer.concat(chunks)
    const jsonBytes = Number(request.headers['inference-header-content-length'])
    const { inputs } = JSON.parse(body.toString('utf8', 0, jsonBytes)) as { inputs: { shape: number[] }[] }
    const bytes = new Uint8Array(body.subarray(jsonBytes))
    const tensor = new Tensor('float32', new Float32Array(bytes.buffer), inputs[0]!.shape)
    const results = await session.run({ [input]: tensor })
    const { data, dims } = results[output]!
    const raw = Buffer.from(
      (data as Float32Array).buffer,
      (data as Float32Array).byteOffset,
      (data as Float32Array).byteLength,
    )
    const head = Buffer.from(
      JSON.stringify({
        model_name: 'mlp',
        model_version: '1',
        outputs: [
          { name: output, shape: dims, datatype: 'FP32', parameters: { binary_data_size: raw.length } },
        ],
      }),
    )
    const answer = Buffer.concat([head, raw])
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': head.length,
      'content-length': answer.length,
    })
    response.end(answer)
  })
})
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'))
