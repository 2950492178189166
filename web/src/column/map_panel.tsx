// The vectors of a column on a plane, coloured by another column.
import { Select, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'

import { datasetQuery, mapQuery } from '../api/queries'
import { count, counted, share } from '../format/format'
import { Panel } from '../parts/panel'
import { QueryView } from '../parts/query_view'
import { colorGroups } from './color_groups'
import { MapLegend } from './map_legend'
import { VectorMap } from './vector_map'

const pointsMax = 2000

export function MapPanel({ dataset, column }: { dataset: string; column: string }) {
  const [color, setColor] = useState<string | null>(null)
  const columns = useQuery(datasetQuery(dataset)).data?.columns ?? []
  const map = useQuery({
    ...mapQuery(dataset, column, color ?? '', pointsMax),
    placeholderData: (before) => before,
  })
  const points = map.data?.points
  const groups = useMemo(
    () => colorGroups((points ?? []).map((point) => point.color ?? null)),
    [points],
  )
  const isColored = color !== null && !map.isPlaceholderData
  return (
    <Panel
      title="Map"
      hint={
        map.data !== undefined &&
        `${count(map.data.points.length)} of ${counted(map.data.rows, 'row')} along the two directions in which their vectors differ most: ${share(map.data.variance_explained)} of all differences`
      }
      actions={
        <Select
          aria-label="Colour by"
          placeholder="Colour by …"
          size="xs"
          clearable
          clearButtonProps={{ 'aria-label': 'No colours' }}
          value={color}
          onChange={setColor}
          data={columns.map(({ name }) => name).filter((name) => name !== column)}
        />
      }
    >
      <QueryView query={map} of="the map" lines={6}>
        {(data) =>
          data.points.length === 0 ? (
            <Text size="sm" c="dimmed">
              No row has a vector.
            </Text>
          ) : (
            <>
              <VectorMap points={data.points} groups={isColored ? groups : null} of={column} />
              {isColored && <MapLegend name={color} groups={groups} />}
            </>
          )
        }
      </QueryView>
    </Panel>
  )
}
