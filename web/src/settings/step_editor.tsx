// The embedding step as a form: checked by the server while one types, planned before it is saved.
import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'

import { useChangeColumn } from '../api/actions'
import { path, request } from '../api/client'
import { firstColumnDone } from '../api/run_sums'
import type { ColumnDetails, ColumnPlan } from '../api/types'
import { ErrorNote } from '../parts/notes'
import { MeasuredLoss } from './measured_loss'
import { PlanPanel } from './plan_panel'
import { PolicyFields } from './policy_fields'
import { RemoveStep } from './remove_step'
import { SaveBar } from './save_bar'
import { SavedNote } from './saved_note'
import { changeOf, changeSince, formOf, isSameForm, rebased, type StepForm } from './step_form'
import { TextFields } from './text_fields'
import { useValidation } from './use_validation'
import { VectorFields } from './vector_fields'

interface StepEditorProps {
  dataset: string
  details: ColumnDetails
  columns: string[]
  flaggedKey: string[]
}

/** What the parts of the form share. */
export interface FormPart {
  form: StepForm
  set: (change: Partial<StepForm>) => void
  errorOf: (field: keyof StepForm) => string | undefined
}

export function StepEditor({ dataset, details, columns, flaggedKey }: StepEditorProps) {
  const { column } = details
  const [saved, setSaved] = useState(() => formOf(column.embedding))
  const [read, setRead] = useState(saved)
  const [form, setForm] = useState(saved)
  const current = formOf(column.embedding)
  if (!isSameForm(current, read)) {
    // Saved here, or by somebody else: what was typed since stays.
    setRead(current)
    setSaved(current)
    setForm(rebased(form, saved, current))
  }
  const validation = useValidation(dataset, column.name, form)
  const save = useChangeColumn(dataset)
  const plan = useMutation({
    mutationFn: () =>
      request<ColumnPlan[]>(path`/datasets/${dataset}/columns/${column.name}/plan`, {
        method: 'POST',
        body: { embedding: changeOf(form) },
      }),
  })
  const answer = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (plan.isSuccess || plan.isError || save.isSuccess || save.isError) {
      answer.current?.scrollIntoView({ block: 'nearest' })
    }
  }, [plan.isSuccess, plan.isError, save.isSuccess, save.isError])
  const part: FormPart = {
    form,
    set: (change) => {
      setForm((before) => ({ ...before, ...change }))
      plan.reset()
      // What is on its way tells how it went all the same.
      if (!save.isPending) save.reset()
    },
    errorOf: (field) =>
      validation.state === 'invalid' && validation.error.field === field
        ? validation.error.message
        : undefined,
  }
  const submit = () => {
    const embedding = column.embedding === null ? changeOf(form) : changeSince(saved, form)
    void save
      .mutateAsync({ column: column.name, change: { embedding } })
      .then(() => setSaved(form))
      .catch(() => {}) // Is shown as save.error.
  }
  return (
    <>
      <form
        style={{ display: 'contents' }}
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <VectorFields part={part}>
          <MeasuredLoss dataset={dataset} column={firstColumnDone(details.last_run)} />
        </VectorFields>
        <TextFields part={part} column={column.name} columns={columns} flaggedKey={flaggedKey} />
        <PolicyFields part={part} />
        <div aria-live="polite" ref={answer} style={{ scrollMargin: '6rem' }}>
          {plan.isError && <ErrorNote error={plan.error} title="The plan cannot be made" />}
          {plan.data?.map((each) => (
            <PlanPanel key={each.run.column} plan={each} />
          ))}
          {save.isError && <ErrorNote error={save.error} title="Nothing was saved" />}
          {save.isSuccess && <SavedNote dataset={dataset} />}
        </div>
        <SaveBar
          validation={validation}
          isChanged={!isSameForm(form, saved)}
          isPlanning={plan.isPending}
          isSaving={save.isPending}
          onPlan={() => plan.mutate()}
          onReset={() => part.set(saved)}
        />
      </form>
      {column.embedding !== null && <RemoveStep dataset={dataset} column={column.name} />}
    </>
  )
}
