// openai_embeddings.mjs BASE_URL MODEL: reads a JSON list of texts, asks for their embeddings with
// OpenAI's own client as its users do, and prints what came back: one JSON object.
import { readFileSync } from 'node:fs'
import OpenAI from 'openai'

const [baseURL, model] = process.argv.slice(2)
const texts = JSON.parse(readFileSync(0, 'utf8'))
const client = new OpenAI({ baseURL, apiKey: 'any', maxRetries: 0 })

const many = await client.embeddings.create({ model, input: texts })
const floats = await client.embeddings.create({ model, input: texts, encoding_format: 'float' })
const one = await client.embeddings.create({ model, input: texts[0] })
const models = []
for await (const listed of client.models.list()) models.push(listed.id)

async function refusal() {
  try {
    await client.embeddings.create({ model: 'no-such-model', input: texts })
    return null
  } catch (error) {
    return { status: error.status, param: error.param, is_not_found: error instanceof OpenAI.NotFoundError }
  }
}

console.log(JSON.stringify({
  vectors: many.data.map(item => item.embedding),
  floats: floats.data.map(item => item.embedding),
  one: one.data[0].embedding,
  tokens: many.usage.prompt_tokens,
  models,
  refusal: await refusal(),
}))
