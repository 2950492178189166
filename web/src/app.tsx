// The pages and their addresses.
import { lazy, Suspense } from 'react'
import { Route, Switch, useLocation } from 'wouter'

import { LiveProvider } from './api/live'
import { Loading } from './parts/notes'
import { ErrorBoundary } from './shell/error_boundary'
import { NotFoundPage } from './shell/not_found_page'
import { Shell } from './shell/shell'
import { TokenGate } from './shell/token_gate'

const DatasetsPage = lazy(() => import('./datasets/datasets_page'))
const AddDatasetPage = lazy(() => import('./datasets/add_dataset_page'))
const DatasetPage = lazy(() => import('./dataset/dataset_page'))
const ColumnPage = lazy(() => import('./column/column_page'))
const SettingsPage = lazy(() => import('./settings/settings_page'))
const SearchPage = lazy(() => import('./search/search_page'))
const JobsPage = lazy(() => import('./jobs/jobs_page'))
const ModelsPage = lazy(() => import('./models/models_page'))

export function App() {
  const [location] = useLocation()
  return (
    <TokenGate>
      <LiveProvider>
        <Shell>
          <ErrorBoundary location={location}>
            <Suspense fallback={<Loading of="the page" lines={4} />}>
              <Switch>
                <Route path="/">
                  <DatasetsPage />
                </Route>
                <Route path="/add">
                  <AddDatasetPage />
                </Route>
                <Route path="/datasets/:dataset/columns/:column/settings">
                  {(part) => <SettingsPage key={part.column} {...part} />}
                </Route>
                <Route path="/datasets/:dataset/columns/:column">
                  {(part) => <ColumnPage key={part.column} {...part} />}
                </Route>
                <Route path="/datasets/:dataset/:tab?">
                  {(part) => <DatasetPage dataset={part.dataset} tab={part.tab ?? 'columns'} />}
                </Route>
                <Route path="/search">
                  <SearchPage />
                </Route>
                <Route path="/jobs">
                  <JobsPage />
                </Route>
                <Route path="/models">
                  <ModelsPage />
                </Route>
                <Route>
                  <NotFoundPage />
                </Route>
              </Switch>
            </Suspense>
          </ErrorBoundary>
        </Shell>
      </LiveProvider>
    </TokenGate>
  )
}
