package sqldb

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Type numbers of PostgreSQL's catalogue that never change.
const (
	oidBool    = 16
	oidBytes   = 17
	oidInt8    = 20
	oidInt2    = 21
	oidInt4    = 23
	oidText    = 25
	oidFloat4  = 700
	oidFloat8  = 701
	oidVarchar = 1043
)

const (
	textFormat   int16 = 0
	binaryFormat int16 = 1
)

// resultFormat is how a column's values are sent: those that Row reads as they are, and text for all others, such as numeric.
func resultFormat(oid uint32) int16 {
	switch oid {
	case oidBool, oidBytes, oidInt8, oidInt2, oidInt4, oidText, oidVarchar, oidFloat4, oidFloat8:
		return binaryFormat
	}
	return textFormat
}

// types are what the server is told of the parameters; 0 lets it infer.
func (how typing) types(args []any) []uint32 {
	if how == nothingTyped {
		return nil
	}
	types := make([]uint32, len(args))
	for i, a := range args {
		v := reflect.ValueOf(a)
		_, isTime := a.(time.Time)
		switch {
		case a == nil:
			if how == allTyped {
				types[i] = oidText
			}
		case isTime, v.CanInt(), v.CanUint(), v.Kind() == reflect.Bool:
			types[i] = oidInt8
		case v.CanFloat():
			types[i] = oidFloat8
		case how == allTyped && v.Kind() == reflect.String:
			types[i] = oidText
		case how == allTyped && v.Kind() == reflect.Slice:
			types[i] = oidBytes
		}
	}
	return types
}

// encodedSize is no less than the bytes that appendValue appends.
func encodedSize(arg any) int {
	const number = 32
	switch a := arg.(type) {
	case string:
		return len(a)
	case []byte:
		return len(a)
	case nil, int64, int, bool, time.Time:
		return number
	case pgColumn:
		return a.encodedSize()
	}
	if v := reflect.ValueOf(arg); v.Kind() == reflect.String {
		return v.Len()
	}
	return number
}

// appendValue appends an argument as a parameter of this type takes it.
func appendValue(to []byte, oid uint32, arg any) (_ []byte, format int16, null bool, err error) {
	switch a := arg.(type) {
	case nil:
		return to, binaryFormat, true, nil
	case string:
		return appendText(to, oid, a)
	case []byte:
		switch {
		case a == nil:
			return to, binaryFormat, true, nil
		case oid == oidBytes:
			return append(to, a...), binaryFormat, false, nil
		}
		return to, 0, false, fmt.Errorf("bytes for a column of PostgreSQL's type number %d", oid)
	case int64:
		return appendInt(to, oid, a)
	case int:
		return appendInt(to, oid, int64(a))
	case bool:
		return appendBool(to, oid, a)
	case time.Time:
		return appendInt(to, oid, a.UnixMicro())
	case pgColumn:
		to, err = a.appendTo(to, oid)
		return to, binaryFormat, false, err
	}
	switch v := reflect.ValueOf(arg); {
	case v.Kind() == reflect.String:
		return appendText(to, oid, v.String())
	case v.CanInt():
		return appendInt(to, oid, v.Int())
	case v.CanUint() && v.Uint() <= math.MaxInt64:
		return appendInt(to, oid, int64(v.Uint())) //nolint:gosec // checked above
	case v.CanFloat() && !math.IsNaN(v.Float()):
		return appendFloat(to, oid, v.Float())
	case v.Kind() == reflect.Bool:
		return appendBool(to, oid, v.Bool())
	default:
		return to, 0, false, fmt.Errorf("%v of type %T cannot be stored", v, arg)
	}
}

func appendText(to []byte, oid uint32, s string) ([]byte, int16, bool, error) {
	switch oid {
	case oidBytes:
		return append(to, s...), binaryFormat, false, nil
	case oidBool, oidInt2, oidInt4, oidInt8, oidFloat4, oidFloat8:
		return to, 0, false, fmt.Errorf("the text %q for a number", s)
	}
	if strings.IndexByte(s, 0) >= 0 {
		return to, 0, false, errNUL
	}
	return append(to, s...), textFormat, false, nil
}

func appendBool(to []byte, oid uint32, b bool) ([]byte, int16, bool, error) {
	n := int64(0)
	if b {
		n = 1
	}
	return appendInt(to, oid, n)
}

func appendInt(to []byte, oid uint32, n int64) ([]byte, int16, bool, error) {
	switch oid {
	case oidInt8:
		return binary.BigEndian.AppendUint64(to, uint64(n)), binaryFormat, false, nil //nolint:gosec // two's complement is the format
	case oidInt4:
		if n == int64(int32(n)) { //nolint:gosec // that is the question
			return binary.BigEndian.AppendUint32(to, uint32(n)), binaryFormat, false, nil //nolint:gosec // two's complement is the format
		}
	case oidInt2:
		if n == int64(int16(n)) { //nolint:gosec // that is the question
			return binary.BigEndian.AppendUint16(to, uint16(n)), binaryFormat, false, nil //nolint:gosec // two's complement is the format
		}
	case oidBool:
		if n == 0 || n == 1 {
			return append(to, byte(n)), binaryFormat, false, nil
		}
	case oidFloat8, oidFloat4:
		return appendFloat(to, oid, float64(n))
	case oidBytes:
	default:
		return strconv.AppendInt(to, n, 10), textFormat, false, nil
	}
	return to, 0, false, fmt.Errorf("the number %d for a column of PostgreSQL's type number %d", n, oid)
}

func appendFloat(to []byte, oid uint32, f float64) ([]byte, int16, bool, error) {
	switch oid {
	case oidFloat8:
		return binary.BigEndian.AppendUint64(to, math.Float64bits(f)), binaryFormat, false, nil
	case oidBytes, oidBool, oidInt2, oidInt4, oidInt8:
		return to, 0, false, fmt.Errorf("the number %g for a column of PostgreSQL's type number %d", f, oid)
	}
	return strconv.AppendFloat(to, f, 'g', -1, 64), textFormat, false, nil
}

// pgRow reads the row that the connection received last.
type pgRow struct {
	fields []pgconn.FieldDescription
	values [][]byte
}

var _ Row = (*pgRow)(nil)

func (r *pgRow) Null(i int) bool { return r.values[i] == nil }

func (r *pgRow) Int(i int) int64 {
	v := r.values[i]
	switch oid := r.fields[i].DataTypeOID; {
	case v == nil:
		return 0
	case oid == oidInt8:
		return int64(binary.BigEndian.Uint64(v)) //nolint:gosec // two's complement is the format
	case oid == oidInt4:
		return int64(int32(binary.BigEndian.Uint32(v))) //nolint:gosec // two's complement is the format
	case oid == oidInt2:
		return int64(int16(binary.BigEndian.Uint16(v))) //nolint:gosec // two's complement is the format
	case oid == oidBool:
		return int64(v[0])
	case oid == oidFloat8, oid == oidFloat4:
		return int64(r.Float(i))
	default: // numeric, as sums of bigint are, or a text
		whole, _, _ := strings.Cut(string(v), ".")
		n, _ := strconv.ParseInt(whole, 10, 64) // as SQLite has it: what is no number is 0
		return n
	}
}

func (r *pgRow) Float(i int) float64 {
	v := r.values[i]
	switch oid := r.fields[i].DataTypeOID; {
	case v == nil:
		return 0
	case oid == oidFloat8:
		return math.Float64frombits(binary.BigEndian.Uint64(v))
	case oid == oidFloat4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(v)))
	case oid == oidInt8, oid == oidInt4, oid == oidInt2, oid == oidBool:
		return float64(r.Int(i))
	default:
		f, _ := strconv.ParseFloat(string(v), 64) // as SQLite has it: what is no number is 0
		return f
	}
}

func (r *pgRow) Bool(i int) bool { return r.Int(i) != 0 }

func (r *pgRow) Text(i int) string {
	if r.plain(i) {
		return string(r.values[i])
	}
	return string(r.Append(nil, i))
}

func (r *pgRow) Bytes(i int) []byte {
	if r.values[i] == nil {
		return nil
	}
	return r.Append([]byte{}, i)
}

// plain says whether the value is sent as what Append answers.
func (r *pgRow) plain(i int) bool {
	switch r.fields[i].DataTypeOID {
	case oidBool, oidInt8, oidInt2, oidInt4, oidFloat4, oidFloat8:
		return r.values[i] == nil
	}
	return true
}

func (r *pgRow) Append(to []byte, i int) []byte {
	if r.plain(i) {
		return append(to, r.values[i]...)
	}
	if oid := r.fields[i].DataTypeOID; oid == oidFloat4 || oid == oidFloat8 {
		return strconv.AppendFloat(to, r.Float(i), 'g', -1, 64)
	}
	return strconv.AppendInt(to, r.Int(i), 10)
}

func (r *pgRow) Time(i int) time.Time {
	if r.Null(i) {
		return time.Time{}
	}
	return time.UnixMicro(r.Int(i)).UTC()
}
