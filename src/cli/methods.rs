use clap::Args;
use klero::protocol::MethodId;
use serde_json::json;

use super::console::fold;
use super::{Answer, Surroundings};

#[derive(Args)]
pub struct Methods {}

impl Methods {
    pub fn run(self, around: &Surroundings) -> anyhow::Result<Answer> {
        if around.console.json {
            let list: Vec<_> = MethodId::ALL
                .iter()
                .map(|method| {
                    let intervals: Vec<_> = method
                        .intervals()
                        .iter()
                        .map(|interval| {
                            json!({
                                "interval": interval.name(), "summary": interval.summary(),
                                "source": interval.source(*method),
                            })
                        })
                        .collect();
                    json!({
                        "method": method.name(), "summary": method.summary(),
                        "source": method.source(), "intervals": intervals,
                    })
                })
                .collect();
            around.console.object(&json!({"methods": list}))?;
            return Ok(Answer::Yes);
        }
        let mut text = String::new();
        for method in MethodId::ALL {
            text += &format!("{method}\n");
            for line in [method.summary(), method.source()] {
                text += &format!("{}\n", fold(&format!("  {line}")));
            }
            for (index, interval) in method.intervals().iter().enumerate() {
                let default = if index == 0 { " (default)" } else { "" };
                text += &format!("  --interval {interval}{default}\n");
                for line in [interval.summary(), interval.source(*method)] {
                    text += &format!("{}\n", fold(&format!("      {line}")));
                }
            }
        }
        around.console.data(&text)?;
        Ok(Answer::Yes)
    }
}
