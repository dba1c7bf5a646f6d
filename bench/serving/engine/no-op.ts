/**
 * The floor of HTTP: reads what one-process.ts reads, computes nothing, and answers ten numbers as it does.
 *
 *   node no-op.ts PORT
 */
import { createServer } from 'node:http'

const scores = Buffer.from(new Float32Array(10).fill(0.1).buffer)

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks)
    const jsonBytes = Number(request.headers['inference-header-content-length'])
    const { inputs } = JSON.parse(body.toString('utf8', 0, jsonBytes)) as { inputs: { shape: number[] }[] }
    const bytes = new Uint8Array(body.subarray(jsonBytes))
    const rows = new Float32Array(bytes.buffer).length / inputs[0]!.shape[1]!
    const output = {
      name: 'probabilities',
      shape: [rows, 10],
      datatype: 'FP32',
      parameters: { binary_data_size: scores.length },
    }
    const head = Buffer.from(JSON.stringify({ model_name: 'mlp', model_version: '1', outputs: [output] }))
    const answer = Buffer.concat([head, scores])
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': head.length,
      'content-length': answer.length,
    })
    response.end(answer)
  })
})
server.listen(Number(process.argv[2]), '127.0.0.1')
