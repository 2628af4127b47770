package throughline_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/sqldb"
)

// plain is what REST is held against: net/http and encoding/json over the same files, with none of the duties (no token, permission, rules,
// deadline, idempotency, journal).
type plain struct {
	goals, budgeting sqldb.DB
	written          sqldb.DB // a file of its own, which the suite's writers do not lock
}

// plainGoal is a goal as its resource is shown.
type plainGoal struct {
	Name              string    `json:"name"`
	DisplayName       string    `json:"displayName"`
	ParentGoal        string    `json:"parentGoal"`
	Description       string    `json:"description"`
	Scale             string    `json:"scale"`
	Lens              string    `json:"lens"`
	MeasuresOfSuccess []string  `json:"measuresOfSuccess"`
	Preserve          []string  `json:"preserve"`
	OwnerRole         string    `json:"ownerRole"`
	EquityStatement   string    `json:"equityStatement"`
	Predecessor       string    `json:"predecessor"`
	Etag              string    `json:"etag"`
	CreateTime        time.Time `json:"createTime"`
	UpdateTime        time.Time `json:"updateTime"`
}

type plainProgram struct {
	Name        string    `json:"name"`
	DisplayName string    `json:"displayName"`
	Code        string    `json:"code"`
	Purpose     string    `json:"purpose"`
	Department  string    `json:"department"`
	Function    string    `json:"function"`
	Predecessor string    `json:"predecessor"`
	SunsetDate  *struct{} `json:"sunsetDate"`
	Etag        string    `json:"etag"`
	CreateTime  time.Time `json:"createTime"`
	UpdateTime  time.Time `json:"updateTime"`
}

const (
	plainGoals = "SELECT organization_id, plan_id, goal_id, display_name, parent_goal, description, scale, lens, measures_of_success, preserve, " +
		"owner_role, equity_statement, predecessor, version, create_time, update_time FROM goals WHERE organization_id = ? AND plan_id = ?"
	plainPrograms = "SELECT organization_id, program_id, display_name, code, purpose, department, function_name, predecessor, version, create_time, " +
		"update_time FROM programs WHERE organization_id = ?"
	plainTable = "CREATE TABLE IF NOT EXISTS goals (organization_id TEXT NOT NULL, plan_id TEXT NOT NULL, goal_id TEXT NOT NULL, display_name TEXT NOT NULL, " +
		"parent_goal TEXT NOT NULL, description TEXT NOT NULL, scale TEXT NOT NULL, lens TEXT NOT NULL, measures_of_success TEXT NOT NULL, " +
		"preserve TEXT NOT NULL, owner_role TEXT NOT NULL, equity_statement TEXT NOT NULL, predecessor TEXT NOT NULL, version BIGINT NOT NULL, " +
		"create_time BIGINT NOT NULL, update_time BIGINT NOT NULL, PRIMARY KEY (organization_id, plan_id, goal_id))"
	plainInsert = "INSERT INTO goals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	plainUpdate = "UPDATE goals SET display_name = ?, version = version + 1, update_time = ? WHERE organization_id = ? AND plan_id = ? AND goal_id = ? AND version = ?"
)

// handler serves the paths of the benchmarks as the suite does.
func (p plain) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/organizations/{organization}/plans/{plan}/goals/{goal}", p.getGoal)
	mux.HandleFunc("GET /v1/organizations/{organization}/plans/{plan}/goals", p.listGoals)
	mux.HandleFunc("GET /v1/organizations/{organization}/programs/{program}", p.getProgram)
	mux.HandleFunc("GET /v1/organizations/{organization}/programs", p.listPrograms)
	mux.HandleFunc("POST /v1/organizations/{organization}/plans/{plan}/goals", p.createGoal)
	mux.HandleFunc("PATCH /v1/organizations/{organization}/plans/{plan}/goals/{goal}", p.updateGoal)
	return mux
}

func (p plain) getGoal(w http.ResponseWriter, r *http.Request) {
	var goal plainGoal
	found := false
	err := p.goals.Read(r.Context(), func(tx sqldb.Tx) (err error) {
		found, err = sqldb.QueryOne(tx, plainGoals+" AND goal_id = ?", []any{r.PathValue("organization"), r.PathValue("plan"), r.PathValue("goal")},
			func(row sqldb.Row) (err error) { goal, err = scanGoal(row); return err })
		return err
	})
	respond(w, goal.Etag, goal, found, err)
}

func (p plain) listGoals(w http.ResponseWriter, r *http.Request) {
	var page struct {
		Goals         []plainGoal `json:"goals"`
		NextPageToken string      `json:"nextPageToken"`
	}
	size, err := strconv.Atoi(r.URL.Query().Get("pageSize"))
	if err == nil {
		err = p.goals.Read(r.Context(), func(tx sqldb.Tx) error {
			return tx.Query(plainGoals+" ORDER BY goal_id LIMIT ?", []any{r.PathValue("organization"), r.PathValue("plan"), size}, func(row sqldb.Row) error {
				goal, err := scanGoal(row)
				page.Goals = append(page.Goals, goal)
				return err
			})
		})
	}
	respond(w, "", page, true, err)
}

func scanGoal(r sqldb.Row) (plainGoal, error) {
	g := plainGoal{
		Name:        "organizations/" + r.Text(0) + "/plans/" + r.Text(1) + "/goals/" + r.Text(2),
		DisplayName: r.Text(3), ParentGoal: r.Text(4), Description: r.Text(5), Scale: "SCALE_" + r.Text(6), Lens: "LENS_" + r.Text(7),
		OwnerRole: r.Text(10), EquityStatement: r.Text(11), Predecessor: r.Text(12),
		Etag: strconv.FormatInt(r.Int(13), 10), CreateTime: r.Time(14), UpdateTime: r.Time(15),
	}
	if err := json.Unmarshal(r.Bytes(8), &g.MeasuresOfSuccess); err != nil {
		return g, err
	}
	return g, json.Unmarshal(r.Bytes(9), &g.Preserve)
}

func (p plain) getProgram(w http.ResponseWriter, r *http.Request) {
	var program plainProgram
	found := false
	err := p.budgeting.Read(r.Context(), func(tx sqldb.Tx) (err error) {
		found, err = sqldb.QueryOne(tx, plainPrograms+" AND program_id = ?", []any{r.PathValue("organization"), r.PathValue("program")},
			func(row sqldb.Row) error { program = scanProgram(row); return nil })
		return err
	})
	respond(w, program.Etag, program, found, err)
}

func (p plain) listPrograms(w http.ResponseWriter, r *http.Request) {
	var page struct {
		Programs      []plainProgram `json:"programs"`
		NextPageToken string         `json:"nextPageToken"`
	}
	size, err := strconv.Atoi(r.URL.Query().Get("pageSize"))
	if err == nil {
		err = p.budgeting.Read(r.Context(), func(tx sqldb.Tx) error {
			return tx.Query(plainPrograms+" ORDER BY program_id LIMIT ?", []any{r.PathValue("organization"), size}, func(row sqldb.Row) error {
				page.Programs = append(page.Programs, scanProgram(row))
				return nil
			})
		})
	}
	respond(w, "", page, true, err)
}

func scanProgram(r sqldb.Row) plainProgram {
	return plainProgram{
		Name: "organizations/" + r.Text(0) + "/programs/" + r.Text(1), DisplayName: r.Text(2), Code: r.Text(3), Purpose: r.Text(4),
		Department: r.Text(5), Function: r.Text(6), Predecessor: r.Text(7),
		Etag: strconv.FormatInt(r.Int(8), 10), CreateTime: r.Time(9), UpdateTime: r.Time(10),
	}
}

func (p plain) createGoal(w http.ResponseWriter, r *http.Request) {
	var g plainGoal
	err := json.NewDecoder(r.Body).Decode(&g)
	if err == nil {
		now := time.Now().UTC()
		organization, plan, id := r.PathValue("organization"), r.PathValue("plan"), r.URL.Query().Get("goalId")
		g.Name, g.Etag, g.CreateTime, g.UpdateTime = "organizations/"+organization+"/plans/"+plan+"/goals/"+id, "1", now, now
		err = p.written.Write(r.Context(), func(tx sqldb.Tx) error {
			measures, err := json.Marshal(g.MeasuresOfSuccess)
			if err != nil {
				return err
			}
			preserve, err := json.Marshal(g.Preserve)
			if err != nil {
				return err
			}
			_, err = tx.Exec(plainInsert, organization, plan, id, g.DisplayName, g.ParentGoal, g.Description, strings.TrimPrefix(g.Scale, "SCALE_"),
				strings.TrimPrefix(g.Lens, "LENS_"), measures, preserve, g.OwnerRole, g.EquityStatement, g.Predecessor, 1, now, now)
			return err
		})
	}
	respond(w, g.Etag, g, true, err)
}

// updateGoal changes the name that is shown of the version that the caller has read.
func (p plain) updateGoal(w http.ResponseWriter, r *http.Request) {
	var change, g plainGoal
	found := false
	err := json.NewDecoder(r.Body).Decode(&change)
	if err == nil {
		key := []any{r.PathValue("organization"), r.PathValue("plan"), r.PathValue("goal")}
		version := strings.Trim(r.Header.Get("If-Match"), `"`)
		err = p.written.Write(r.Context(), func(tx sqldb.Tx) error {
			n, err := tx.Exec(plainUpdate, append([]any{change.DisplayName, time.Now().UTC()}, append(key, version)...)...)
			if err != nil {
				return err
			}
			if n != 1 {
				return fmt.Errorf("another version than %s", version)
			}
			found, err = sqldb.QueryOne(tx, plainGoals+" AND goal_id = ?", key, func(row sqldb.Row) (err error) { g, err = scanGoal(row); return err })
			return err
		})
	}
	respond(w, g.Etag, g, found, err)
}

func respond(w http.ResponseWriter, etag string, v any, found bool, err error) {
	if err != nil || !found {
		http.Error(w, fmt.Sprint("not found or ", err), http.StatusInternalServerError)
		return
	}
	text, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if etag != "" {
		w.Header().Set("ETag", `"`+etag+`"`)
	}
	_, _ = w.Write(text)
}

// openPlain opens the databases in dir once more.
func openPlain(b *testing.B, dir string) plain {
	b.Helper()
	open := func(file string) sqldb.DB {
		db, err := sqldb.OpenSQLite(b.Context(), sqldb.Config{Path: file})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() {
			if err := db.Close(); err != nil {
				b.Error(err)
			}
		})
		return db
	}
	p := plain{goals: open(dir + "/goals.db"), budgeting: open(dir + "/budgeting.db"), written: open(dir + "/plain.db")}
	if err := p.written.Write(b.Context(), func(tx sqldb.Tx) error { _, err := tx.Exec(plainTable); return err }); err != nil {
		b.Fatal(err)
	}
	return p
}
