package domain_test
import ("math/rand/v2";"testing";"time";"fmt"
"github.com/throughline/throughline/services/goals/internal/domain")
func TestZZ(t *testing.T){
 p:=round(domain.MethodPairwise,15)
 for _,n:=range []int{100,300,1000}{
 var bs []domain.Ballot
 for k:=range n { var v domain.Vote
  for i,a:=range p.Goals{ for _,b:=range p.Goals[i+1:]{ v.Comparisons=append(v.Comparisons,domain.Comparison{Preferred:a,Other:b,Intensity:int64(rand.IntN(9)+1)})}}
  bs=append(bs,domain.Ballot{Member:fmt.Sprint(k),Vote:v})}
 s:=time.Now(); p.Tallied(bs,nil); fmt.Println(n,time.Since(s))
 s=time.Now(); domain.ConsistencyPPM(p.Goals,bs[0].Comparisons); fmt.Println("cr",time.Since(s))
 }
}
