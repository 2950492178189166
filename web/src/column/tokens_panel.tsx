// How long the texts are in tokens, and how many are longer than the model takes.
import { Text } from '@mantine/core'

import type { StoreTokens } from '../api/types'
import { count, counted, share } from '../format/format'
import { Histogram } from '../parts/histogram'
import { Panel } from '../parts/panel'

export function TokensPanel({ tokens }: { tokens: StoreTokens }) {
  return (
    <Panel
      title="Tokens per text"
      hint={`${tokens.tokens_mean.toFixed(1)} on average, ${count(tokens.tokens_max)} at most`}
      actions={
        <Text size="sm">
          {tokens.truncated === 0
            ? 'No text is truncated'
            : `${counted(tokens.truncated, 'text')} truncated (${share(tokens.truncated_share)})`}
        </Text>
      }
    >
      <Histogram
        caption="Number of texts by their number of tokens"
        bucketName="Tokens"
        countName="Texts"
        bars={tokens.histogram.map(({ tokens: bucket, texts }) => ({ bucket, count: texts }))}
      />
    </Panel>
  )
}
