package budgeting_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting"
	"github.com/throughline/throughline/services/platform/fault"
)

// exported is a file as a client gets it.
type exported struct {
	media, disposition string
	data               []byte
}

func (f *fixture) export(t *testing.T, r *budgetingv1.ExportAllocationRequest) (exported, error) {
	t.Helper()
	var header metadata.MD
	stream, err := f.client.ExportAllocation(f.as(t, "aud", "auditor"), r, grpc.Header(&header))
	must(t, err)
	var out exported
	for first := true; ; first = false {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if !first {
				t.Errorf("the error comes after data: %v", err)
			}
			return out, err
		}
		if (m.GetContentType() != "") != first || len(m.GetData()) == 0 || len(m.GetData()) > 64<<10 {
			t.Errorf("a piece of %d bytes and type %q", len(m.GetData()), m.GetContentType())
		}
		out.media += m.GetContentType()
		out.data = append(out.data, m.GetData()...)
	}
	if sent, err := stream.Header(); err == nil && len(sent.Get("content-disposition")) == 1 {
		out.disposition = sent.Get("content-disposition")[0]
	}
	return out, nil
}

func table(t *testing.T, data []byte) [][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	must(t, err)
	return rows
}

func TestExportTables(t *testing.T) {
	f := start(t)
	f.city(t)
	a := f.allocate(t, &budgetingv1.Allocation{})
	id := a.GetName()[strings.LastIndexByte(a.GetName(), '/')+1:]

	got, err := f.export(t, &budgetingv1.ExportAllocationRequest{Name: a.GetName(), Format: budgetingv1.ExportFormat_EXPORT_FORMAT_CSV})
	must(t, err)
	rows := table(t, got.data)
	police := strings.Join(rows[len(rows)-1], ",")
	if got.media != "text/csv; charset=utf-8; header=present" || got.disposition != `attachment; filename="fy27-`+id+`.csv"` || len(rows) != 5 ||
		!strings.HasPrefix(police, "police,Police Patrol,Police,010,600000.00,0.00,0.00,544898.00,-55102.00,60.00,RATE,") {
		t.Errorf("%s %s %q", got.media, got.disposition, rows)
	}

	got, err = f.export(t, &budgetingv1.ExportAllocationRequest{Name: a.GetName(), Format: budgetingv1.ExportFormat_EXPORT_FORMAT_XLSX})
	must(t, err)
	book, err := excelize.OpenReader(bytes.NewReader(got.data))
	must(t, err)
	defer func() { must(t, book.Close()) }()
	lines, err := book.GetRows("Lines", excelize.Options{RawCellValue: true})
	must(t, err)
	if text := strings.Join(lines[len(lines)-2], ","); !strings.Contains(text, "Police Patrol") || !strings.Contains(text, "544898") ||
		!strings.HasSuffix(got.disposition, `.xlsx"`) || !strings.Contains(got.media, "spreadsheetml") {
		t.Errorf("%s %s %s", got.media, got.disposition, text)
	}

	got, err = f.export(t, &budgetingv1.ExportAllocationRequest{Name: a.GetName(), Format: budgetingv1.ExportFormat_EXPORT_FORMAT_FISCAL_DATA_PACKAGE})
	must(t, err)
	pack, err := zip.NewReader(bytes.NewReader(got.data), int64(len(got.data)))
	must(t, err)
	file, err := pack.Open("datapackage.json")
	must(t, err)
	var descriptor struct{ Resources []struct{ Path string } }
	must(t, json.NewDecoder(file).Decode(&descriptor))
	if len(descriptor.Resources) != 1 || descriptor.Resources[0].Path != "data/allocation.csv" || got.media != "application/zip" {
		t.Errorf("%s %+v", got.media, descriptor)
	}
}

// Police's account strings carry 400,000 and 200,000; of 544,898 they get two thirds and one third. Nobody listed the accounts of parks and library.
func TestExportERP(t *testing.T) {
	f := start(t)
	f.city(t)
	a := f.allocate(t, &budgetingv1.Allocation{})
	item := func(ref, programID, fundID, account string, units int64) *budgetingv1.LineItem {
		return &budgetingv1.LineItem{
			Kind: budgetingv1.LineItemKind_LINE_ITEM_KIND_EXPENDITURE, Fund: fund(fundID), AccountSegments: strings.Split(account, "."),
			Version: budgetingv1.LineItemVersion_LINE_ITEM_VERSION_REQUEST, Amount: usd(units), Program: program(programID), ExternalRef: ref,
		}
	}
	upsert := func(items ...*budgetingv1.LineItem) {
		t.Helper()
		_, err := f.client.BatchUpsertLineItems(f.as(t, "fin", "finance"), &budgetingv1.BatchUpsertLineItemsRequest{Parent: budget, LineItems: items})
		must(t, err)
	}
	upsert(item("1", "police", "general", "010.5100", 400_000), item("2", "police", "general", "010.5200", 200_000))
	r := &budgetingv1.ExportAllocationRequest{Name: a.GetName(), Format: budgetingv1.ExportFormat_EXPORT_FORMAT_ERP}
	_, err := f.export(t, r)
	missing := wantReason(t, err, "ACCOUNTS_MISSING").Violations
	if len(missing) != 2 || missing[0].Field != program("library") || missing[1].Field != program("parks") || !strings.Contains(missing[1].Detail, "400,000.00 USD") {
		t.Errorf("violations %v", missing)
	}
	r.SuspenseAccount = "999"
	got, err := f.export(t, r)
	must(t, err)
	text := string(got.data)
	for _, part := range []string{"010-5100,police,EXPENDITURE,400000.00,363265.33", "010-5200,police,EXPENDITURE,200000.00,181632.67", ",999,parks,", "NO_ACCOUNT", "TOTAL,"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in the file:\n%s", part, text)
		}
	}
	upsert(item("3", "parks", "general", "010.6000", 400_000), item("4", "library", "library", "022.7000", 100_000))
	r.SuspenseAccount, r.SpreadRule = "", budgetingv1.SpreadRule_SPREAD_RULE_FIRST_ACCOUNT
	got, err = f.export(t, r)
	must(t, err)
	if text := string(got.data); !strings.Contains(text, "010-5100,police,EXPENDITURE,400000.00,344898.00") || !strings.Contains(text, "TOTAL,,,,,,1100000.00,1000000.00,-100000.00,") ||
		!strings.HasSuffix(got.disposition, `-erp.csv"`) {
		t.Errorf("%s\n%s", got.disposition, text)
	}
}

func TestExportProof(t *testing.T) {
	f := start(t)
	f.city(t)
	a := f.allocate(t, &budgetingv1.Allocation{})
	got, err := f.export(t, &budgetingv1.ExportAllocationRequest{Name: a.GetName(), Format: budgetingv1.ExportFormat_EXPORT_FORMAT_PROOF})
	must(t, err)
	report, err := budgeting.VerifyFile(t.Context(), bytes.NewReader(got.data), true)
	must(t, err)
	if !report.Valid || !report.Replayed || report.Allocation != a.GetName() || report.ContentHash != a.GetContentHash() || report.ResultHash != a.GetResultHash() {
		t.Errorf("report %+v", report)
	}
	tampered := bytes.Replace(got.data, []byte(`54489800`), []byte(`54489900`), 1)
	if bytes.Equal(tampered, got.data) {
		t.Fatal("the proof does not hold what police gets")
	}
	report, err = budgeting.VerifyFile(t.Context(), bytes.NewReader(tampered), false)
	must(t, err)
	if report.Valid || !strings.HasPrefix(report.Checks[len(report.Checks)-1], "FAILED: ") {
		t.Errorf("report of a changed file %+v", report)
	}
	_, err = budgeting.VerifyFile(t.Context(), strings.NewReader("{}"), false)
	if fault.Reason(err) != "PROOF_UNREADABLE" {
		t.Errorf("error %v", err)
	}
}

func TestExportRefusals(t *testing.T) {
	f := start(t)
	f.city(t)
	a := f.allocate(t, &budgetingv1.Allocation{})
	_, err := f.export(t, &budgetingv1.ExportAllocationRequest{Name: a.GetName()})
	if got := violated(t, err); !fields(got, "format") {
		t.Errorf("violations %v", got)
	}
	_, err = f.export(t, &budgetingv1.ExportAllocationRequest{
		Name: a.GetName(), Format: budgetingv1.ExportFormat_EXPORT_FORMAT_CSV, SpreadRule: budgetingv1.SpreadRule_SPREAD_RULE_PRO_RATA, SuspenseAccount: "9",
	})
	if got := violated(t, err); !fields(got, "spread_rule", "suspense_account") {
		t.Errorf("violations %v", got)
	}
	_, err = f.export(t, &budgetingv1.ExportAllocationRequest{Name: budget + "/allocations/none", Format: budgetingv1.ExportFormat_EXPORT_FORMAT_CSV})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
	_, err = f.export(t, &budgetingv1.ExportAllocationRequest{Name: "organizations/other/budgets/b/allocations/a", Format: budgetingv1.ExportFormat_EXPORT_FORMAT_CSV})
	wantReason(t, err, "FOREIGN_ORGANIZATION")
}
