// The models that lie on the server's disk, and those that it embeds with for other programs.
import { Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'

import { ApiError } from '../api/client'
import { modelsQuery } from '../api/queries'
import type { LocalModel } from '../api/types'
import { bytes, count } from '../format/format'
import { DataTable } from '../parts/data_table'
import { Empty } from '../parts/notes'
import { Panel } from '../parts/panel'
import { QueryView } from '../parts/query_view'
import { Page } from '../shell/page'
import { BenchButton } from './bench_button'
import { CachedActions } from './cached_actions'
import { kindOf } from './model_words'
import { PullForm } from './pull_form'
import { ServedModels } from './served_models'

export default function ModelsPage() {
  const models = useQuery(modelsQuery())
  // Older servers, and those without the folders of models, have no list.
  const isUnknown = models.error instanceof ApiError && models.error.status === 404
  return (
    <Page
      title="Models"
      about="What can embed: model folders on the server’s disk, models that came from a hub by their names, and the built-in one."
    >
      {!isUnknown && (
        <Panel title="Local models" hint="To choose from in the settings of a column">
          <PullForm />
          <QueryView query={models} of="models" lines={4}>
            {(list) =>
              list.length === 0 ? (
                <Empty icon="models" title="No model here" />
              ) : (
                <List models={list} />
              )
            }
          </QueryView>
        </Panel>
      )}
      <ServedModels />
    </Page>
  )
}

function List({ models }: { models: LocalModel[] }) {
  return (
    <DataTable
      caption="Local models"
      minWidth={760}
      stacks
      head={
        <Table.Tr>
          <Table.Th scope="col">Model</Table.Th>
          <Table.Th scope="col">Kind</Table.Th>
          <Table.Th scope="col" className="number">
            Dimension
          </Table.Th>
          <Table.Th scope="col" className="number">
            Tokens at most
          </Table.Th>
          <Table.Th scope="col" className="number">
            Size
          </Table.Th>
          <Table.Th scope="col">
            <span className="visually-hidden">Actions</span>
          </Table.Th>
        </Table.Tr>
      }
    >
      {models.map((model) => (
        <ModelRow key={model.name} model={model} />
      ))}
    </DataTable>
  )
}

function ModelRow({ model }: { model: LocalModel }) {
  const { label, name, problem, shorter_dimensions: shorter, tokens_max } = model
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={600} className="user-text">
        {label}
        {label !== name && (
          <Text size="xs" c="dimmed" ff="monospace" className="user-text">
            {name}
          </Text>
        )}
        {problem != null && (
          <Text size="xs" c="var(--mantine-color-error)" className="user-text">
            {problem}
          </Text>
        )}
      </Table.Th>
      <Table.Td data-label="Kind">
        <div>
          {kindOf(model)}
          {model.licence != null && model.licence !== '' && (
            <Text size="xs" c="dimmed" className="user-text">
              {model.licence}
            </Text>
          )}
        </div>
      </Table.Td>
      <Table.Td className="number" data-label="Dimension">
        <div>
          {model.dimension == null ? '–' : count(model.dimension)}
          {shorter != null && shorter.length > 0 && (
            <Text size="xs" c="dimmed">
              also {shorter.map(count).join(', ')}
            </Text>
          )}
        </div>
      </Table.Td>
      <Table.Td className="number" data-label="Tokens at most">
        {tokens_max == null ? '–' : tokens_max > 0 ? count(tokens_max) : 'any'}
      </Table.Td>
      <Table.Td className="number" data-label="Size">
        {model.bytes > 0 ? bytes(model.bytes) : '–'}
      </Table.Td>
      <Table.Td data-label="Actions">
        <div>
          {problem == null && <BenchButton model={model} />}
          {model.is_cached === true && <CachedActions model={model} />}
          {problem != null && model.is_cached !== true && '–'}
        </div>
      </Table.Td>
    </Table.Tr>
  )
}
