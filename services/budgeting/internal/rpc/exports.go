package rpc

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/spread"
	"github.com/throughline/throughline/services/budgeting/internal/rpc/export"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/wire"
)

// chunk bounds one message of a file.
const chunk = 64 << 10

// file is a kind of file: what a browser is told of it, what its name ends with, and how it is written.
type file struct {
	media  string
	ending string
	write  func(w io.Writer, x *app.Exported, r *budgetingv1.ExportAllocationRequest) error
}

const mediaCSV = "text/csv; charset=utf-8; header=present"

var files = map[budgetingv1.ExportFormat]file{
	budgetingv1.ExportFormat_EXPORT_FORMAT_CSV: {mediaCSV, ".csv", func(w io.Writer, x *app.Exported, _ *budgetingv1.ExportAllocationRequest) error {
		return export.WriteCSV(w, book(x))
	}},
	budgetingv1.ExportFormat_EXPORT_FORMAT_XLSX: {
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx",
		func(w io.Writer, x *app.Exported, _ *budgetingv1.ExportAllocationRequest) error {
			return export.WriteXLSX(w, book(x))
		},
	},
	budgetingv1.ExportFormat_EXPORT_FORMAT_FISCAL_DATA_PACKAGE: {
		"application/zip", "-fiscal-data-package.zip",
		func(w io.Writer, x *app.Exported, _ *budgetingv1.ExportAllocationRequest) error {
			return export.WriteFiscalPackage(w, book(x))
		},
	},
	budgetingv1.ExportFormat_EXPORT_FORMAT_ERP: {mediaCSV, "-erp.csv", writeERP},
	budgetingv1.ExportFormat_EXPORT_FORMAT_PROOF: {
		"application/json", "-proof.json",
		func(w io.Writer, x *app.Exported, _ *budgetingv1.ExportAllocationRequest) error {
			return export.WriteProof(w, export.Proof{Allocation: x.Allocation.Name(), Input: x.Proof.Input, Plan: x.Proof.Plan})
		},
	},
}

// ExportAllocation implements budgetingv1.BudgetingServiceServer. The file is written whole before its first byte is sent, so that a failure is an
// ordinary error and never half a file. Its name travels as the header content-disposition.
func (s *Server) ExportAllocation(r *budgetingv1.ExportAllocationRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody]) error {
	k, err := inBudget(allocationName, "name", r.GetName())
	if err != nil {
		return err
	}
	erp := r.GetFormat() == budgetingv1.ExportFormat_EXPORT_FORMAT_ERP
	kind, known := files[r.GetFormat()]
	var bad fault.Violations
	bad.Check(known, "format", "is required; name one of CSV, XLSX, FISCAL_DATA_PACKAGE, ERP and PROOF")
	const others = "is of ERP files alone; leave it out"
	bad.Check(erp || r.GetSpreadRule() == 0, "spread_rule", others)
	bad.Check(erp || r.GetAccountVersion() == 0, "account_version", others)
	bad.Check(erp || r.GetSuspenseAccount() == "", "suspense_account", others)
	if err := bad.Err(); err != nil {
		return err
	}
	x, err := s.app.ExportAllocation(stream.Context(), k, erp)
	if err != nil {
		return err
	}
	spool, err := os.CreateTemp("", "throughline-export-*")
	if err != nil {
		return fmt.Errorf("make a file for the export: %w", err)
	}
	defer func() {
		_ = spool.Close()
		_ = os.Remove(spool.Name())
	}()
	w := bufio.NewWriterSize(spool, chunk)
	if err := kind.write(w, &x, r); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the export back: %w", err)
	}
	name := k.Budget + "-" + k.ID + kind.ending // ids need no quoting
	if err := stream.SetHeader(metadata.Pairs("content-disposition", `attachment; filename="`+name+`"`)); err != nil {
		return err
	}
	return send(stream, kind.media, spool)
}

// send streams the file; the first message says what it is.
func send(stream grpc.ServerStreamingServer[httpbody.HttpBody], media string, from io.Reader) error {
	for {
		data := make([]byte, chunk) // one a message: within a process they may be kept
		n, err := io.ReadFull(from, data)
		if n > 0 {
			if err := stream.Send(&httpbody.HttpBody{ContentType: media, Data: data[:n]}); err != nil {
				return err
			}
			media = ""
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return fmt.Errorf("read the export back: %w", err)
		}
	}
}

func book(x *app.Exported) *export.Book {
	return &export.Book{Allocation: x.Allocation, Budget: x.Budget, Funds: x.Funds, Lines: x.Lines, Plan: x.Plan, LineItems: x.LineItems}
}

var spreadRules = map[budgetingv1.SpreadRule]spread.Rule{
	budgetingv1.SpreadRule_SPREAD_RULE_UNSPECIFIED:   spread.ProRataBase,
	budgetingv1.SpreadRule_SPREAD_RULE_PRO_RATA:      spread.ProRataBase,
	budgetingv1.SpreadRule_SPREAD_RULE_FIRST_ACCOUNT: spread.FirstAccount,
}

// writeERP refuses money without an account string when no suspense account is named.
func writeERP(w io.Writer, x *app.Exported, r *budgetingv1.ExportAllocationRequest) error {
	control, err := export.WriteERP(w, book(x), export.ERPOptions{
		Rule: spreadRules[r.GetSpreadRule()], Version: wire.FromEnum[string](r.GetAccountVersion()), Suspense: r.GetSuspenseAccount(),
	})
	if err != nil || r.GetSuspenseAccount() != "" {
		return err
	}
	f := fault.State("ACCOUNTS_MISSING", "the line items do not carry all of the allocation; mend them, or name a suspense_account for the rest")
	for _, warning := range control.Warnings {
		of := fault.Violation{Field: domain.ProgramName(x.Allocation.Organization, warning.Program)}
		fund, base := domain.FundName(x.Allocation.Organization, warning.Fund), domain.Money(warning.Base, x.Allocation.Currency)
		switch warning.Note {
		case export.NoAccount:
			of.Detail = "has no competing line item in " + fund + " that carries its " + base + " of today and the " + domain.Money(warning.New, x.Allocation.Currency) + " of the allocation"
		case export.Difference:
			of.Detail = "has competing line items in " + fund + " that differ by " + base + " from the base of the allocation"
		default: // nothing stands on a suspense account
			continue
		}
		f.Violations = append(f.Violations, of)
	}
	if len(f.Violations) == 0 {
		return nil
	}
	return f
}
