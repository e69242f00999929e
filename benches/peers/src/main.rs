//! dev
use peers::question::*;
use peers::tools::*;
fn main() {
    use std::io::Write;
    let heavy = std::env::args().nth(1).is_some();
    for q in [
        Question::oral(1,3,1), Question::oral(1,4,1), Question::oral(1,5,1), Question::oral(2,5,1), Question::oral(1,5,2), Question::oral(1,7,2), Question::oral(2,6,2), Question::oral(2,7,2), Question::oral(3,9,3), Question::oral(3,10,3), Question::oral(4,12,4), Question::oral(4,13,4),
        Question::signed(1,3,1), Question::signed(0,3,1),Question::signed(1,4,2),Question::signed(2,4,2),Question::signed(2,5,2),Question::signed(1,5,2),Question::signed(3,6,3)] {
        println!("{q}");
        for tool in Tool::ALL {
            let e = tool.effort(q);
            if !std::env::args().nth(2).is_none_or(|t| format!("{tool:?}").contains(&t)) || e.is_none() || (e > Some(Effort::Quick) && !heavy) { continue }
            print!("    {tool:?} "); std::io::stdout().flush().unwrap();
            let v = tool.answer(q);
            let s = std::time::Instant::now();
            let _ = tool.answer(q);
            println!("{v} {:?}", s.elapsed());
        }
    }
}
